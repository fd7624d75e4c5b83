package iic

import (
	"encoding/xml"
	"net/http"
)

type stsRefusal struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// stsError writes an exception under the name that the query protocol has for it (STS API reference: common errors).
func (s *Server) stsError(q *request, e *apiError) func(http.ResponseWriter) {
	code, status, kind := e.kind, http.StatusForbidden, "Sender"
	switch e.kind {
	case accessDenied:
		code = "AccessDenied"
	case expiredToken:
		code = "ExpiredToken"
	case unrecognizedClient:
		code = "InvalidClientTokenId"
	case validationException:
		code, status = "ValidationError", http.StatusBadRequest
	case throttlingException:
		code, status = "Throttling", http.StatusBadRequest
	case "InvalidAction":
		status = http.StatusBadRequest
	case "InternalServerException":
		code, status, kind = "InternalFailure", http.StatusInternalServerError, "Receiver"
	}
	return xmlAnswer(q, status, stsRefusal{Type: kind, Code: code, Message: e.detail, RequestID: q.id})
}

func xmlAnswer(q *request, status int, body any) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amzn-RequestId", q.id)
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_ = xml.NewEncoder(w).Encode(body) // of types that can be encoded; the client may be gone
	}
}
