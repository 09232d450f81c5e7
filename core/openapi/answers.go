package openapi

import (
	"cmp"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
)

const (
	mediaJSON = "application/json"
	mediaAny  = "*/*"
)

var (
	rawType       = reflect.TypeFor[core.Response]()
	responderType = reflect.TypeFor[core.Responder]()
)

// refusals are the answers that every endpoint may give instead of its own.
var refusals = map[int]string{
	http.StatusBadRequest:          "The input is missing, malformed or not acceptable.",
	http.StatusUnauthorized:        "The request needs a session or another proof of who is calling, and has none that holds.",
	http.StatusForbidden:           "The caller is known and may not do this, or the request comes from an origin that is not trusted.",
	http.StatusNotFound:            "There is no such thing.",
	http.StatusTooManyRequests:     "Too many requests in a short time. The header X-Retry-After tells after how many seconds to try again; the JSON comes as text/plain.",
	http.StatusInternalServerError: "The server failed. Nothing about the request would change that.",
}

// refusal is the body of an answer that is no success. Upstream promises its
// message for two statuses only.
func refusal(status int) *Schema {
	s := &Schema{Type: Types{"object"}, Properties: Properties{
		"message": {Type: Types{"string"}, Description: "What went wrong, for people"},
		"code":    {Type: Types{"string"}, Description: "What went wrong, for programs"},
	}}
	if status == http.StatusBadRequest || status == http.StatusUnauthorized {
		s.Required = []string{"message"}
	}
	return s
}

func (ops *operations) responses(e core.Registered) map[string]Response {
	meanings := maps.Clone(refusals)
	maps.Copy(meanings, e.Doc.Answers)
	all := map[string]Response{}
	for status, meaning := range meanings {
		r := Response{Description: meaning}
		if status >= http.StatusBadRequest {
			r.Content = map[string]MediaType{mediaJSON: {refusal(status)}}
		}
		all[strconv.Itoa(status)] = r
	}
	status, success := cmp.Or(e.Doc.Status, http.StatusOK), Response{Description: cmp.Or(e.Doc.Success, "Success")}
	if status < http.StatusMultipleChoices && status != http.StatusNoContent {
		success.Content = ops.success(e)
	}
	all[strconv.Itoa(status)] = success
	return all
}

// success is the body of a successful answer. What a raw Response holds is not
// known; a Responder's media type is, when the endpoint tells it.
func (ops *operations) success(e core.Registered) map[string]MediaType {
	switch {
	case e.Output == rawType:
		return nil
	case e.Doc.MediaType != "", reflect.PointerTo(e.Output).Implements(responderType):
		media := cmp.Or(e.Doc.MediaType, mediaAny)
		s := &Schema{}
		if strings.HasPrefix(media, "text/") {
			s.Type = Types{"string"}
		}
		return map[string]MediaType{media: {s}}
	}
	s := ops.outputs.schema(e.Output)
	if e.Doc.Nullable {
		s = s.nullable()
	}
	return map[string]MediaType{mediaJSON: {s}}
}
