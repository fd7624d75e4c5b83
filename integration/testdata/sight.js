// What somebody sees of a page: asked of the browser, which has laid it out.
(() => {
  const visible = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }) && e.getClientRects().length > 0;
  const said = (e) => e.innerText.replace(/\s+/g, " ").trim();
  const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);

  // The channels of a colour, from 0 to 1.
  const channels = (color) => color.match(/[\d.]+/g).map((n, i) => (i < 3 ? n / 255 : +n));
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = (e) => {
    for (; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if ((channels(color)[3] ?? 1) === 1) return color;
    }
    return "rgb(255, 255, 255)";
  };
  // The contrast of WCAG 2.2, 1.4.3: 4.5 is enough to read text of any size.
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);

  // What scrolls by itself may be wider than the window, if it begins and ends in it.
  const frame = (e) => {
    for (; e; e = e.parentElement) {
      if (e !== document.body && /auto|scroll/.test(getComputedStyle(e).overflowX)) return e;
    }
    return null;
  };
  const cut = [], faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = texts.nextNode()); ) {
    const e = node.parentElement;
    if (!node.data.trim() || !visible(e)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = (frame(e) ?? range).getBoundingClientRect();
    if (box.left < -0.5 || box.right > innerWidth + 0.5) cut.push(node.data.trim());
    const ratio = contrast(luminance(getComputedStyle(e).color), luminance(paper(e)));
    if (ratio < 4.5) faint.push(ratio.toFixed(2) + ": " + node.data.trim());
  }

  return {
    title: document.title,
    language: document.documentElement.lang,
    wide: document.documentElement.scrollWidth - innerWidth,
    paper: luminance(paper(document.body)),
    headings: all("h1, h2, h3").map((e) => e.tagName.toLowerCase() + " " + said(e)),
    table: all("table tr").map((row) => [...row.cells].filter(visible).map(said)),
    hidden: [...document.querySelectorAll("main li, main p, main td, main h2")].filter((e) => e.textContent.trim() && !visible(e)).map((e) => e.textContent.trim()),
    text: said(document.body),
    cut, faint,
  };
})()
