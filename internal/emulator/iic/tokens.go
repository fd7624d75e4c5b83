package iic

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrTwoTokens is the console's refusal to make a third (user guide: provision-automatically).
var ErrTwoTokens = errors.New("a directory has at most two access tokens")

// tokenYear is how long a token lasts (user guide: provision-automatically).
const tokenYear = 365 * 24 * time.Hour

// IssueToken makes a SCIM access token as the console does: good for a year, and one of two at most. From the first one on, no
// other token will do.
func (s *Server) IssueToken() (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.options.Tokens) >= 2 {
		return Token{}, fmt.Errorf("issue token: %w", ErrTwoTokens)
	}
	s.issued++
	now := s.options.Clock()
	t := Token{Value: fmt.Sprintf("emulated-scim-token-%06d", s.issued), Created: now, Expires: now.Add(tokenYear)}
	s.options.Tokens = append(slices.Clip(s.options.Tokens), t)
	return t, nil
}

// Tokens are those there are, expired ones included.
func (s *Server) Tokens() []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.options.Tokens)
}

// ExpireToken ends a token now. It still is one of two. An error is ErrUnknown.
func (s *Server) ExpireToken(value string) error {
	return s.editToken("expire token", value, func(tokens []Token, i int) []Token {
		tokens[i].Expires = s.options.Clock()
		return tokens
	})
}

// DeleteToken takes a token away; without any left, none will do. An error is ErrUnknown.
func (s *Server) DeleteToken(value string) error {
	return s.editToken("delete token", value, func(tokens []Token, i int) []Token { return slices.Delete(tokens, i, i+1) })
}

func (s *Server) editToken(what, value string, edit func([]Token, int) []Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.options.Tokens, func(t Token) bool { return t.Value == value })
	if i < 0 {
		return fmt.Errorf("%s: %w", what, ErrUnknown)
	}
	s.options.Tokens = edit(slices.Clone(s.options.Tokens), i)
	return nil
}
