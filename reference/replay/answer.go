package replay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// opener reads what the server signed and encrypted.
type opener struct {
	keys  *secret.Keys
	pairs keyPairs
}

// describe turns an answer into the form of a recording.
func (o opener) describe(res *httptest.ResponseRecorder) map[string]any {
	out := map[string]any{"status": float64(res.Code)}
	headers := map[string]any{}
	for name, values := range res.Header() {
		if name != "Set-Cookie" && name != "Content-Length" {
			headers[strings.ToLower(name)] = o.header(strings.Join(values, ", "))
		}
	}
	out["headers"] = headers
	out["cookies"] = o.cookies(res.Header()["Set-Cookie"])
	text := res.Body.Bytes()
	contentType := res.Header().Get("Content-Type")
	var body any
	switch {
	case strings.Contains(contentType, "json") && len(text) > 0:
		if err := json.Unmarshal(text, &body); err != nil {
			out["text"] = string(text)
			break
		}
		if document, ok := body.(map[string]any); ok && document["openapi"] != nil {
			body = withoutProse(document, "")
		}
		out["body"] = body
	case strings.Contains(contentType, "html"):
		out["html"] = string(text)
	case len(text) > 0:
		out["text"] = string(text)
	}
	return out
}

// setCookie is a Set-Cookie line taken apart.
type setCookie struct {
	name, raw  string
	attributes []string
}

func splitCookie(line string) setCookie {
	parts := strings.Split(line, ";")
	for i := range parts {
		parts[i] = strings.TrimLeft(parts[i], " ")
	}
	name, raw, _ := strings.Cut(parts[0], "=")
	return setCookie{name, raw, parts[1:]}
}

func unescaped(raw string) string {
	if s, err := url.PathUnescape(raw); err == nil {
		return s
	}
	return raw
}

var chunk = regexp.MustCompile(`^(.*)\.(\d+)$`)

// cookies shows the lines of an answer as the recorder does.
func (o opener) cookies(lines []string) []any {
	parsed := make([]setCookie, len(lines))
	for i, line := range lines {
		parsed[i] = splitCookie(line)
	}
	out := []any{}
	for _, c := range parsed {
		value := unescaped(c.raw)
		entry := map[string]any{"name": c.name, "attributes": strings.Join(c.attributes, "; ")}
		if m := chunk.FindStringSubmatch(c.name); m != nil && value != "" {
			if m[2] == "0" {
				var all strings.Builder
				for _, other := range parsed {
					if n := chunk.FindStringSubmatch(other.name); n != nil && n[1] == m[1] {
						all.WriteString(unescaped(other.raw))
					}
				}
				o.content(entry, all.String())
			}
			entry["length"] = float64(len(c.raw))
		} else {
			o.content(entry, value)
		}
		if escaped(value) != c.raw {
			entry["escaped"] = "otherwise"
			if c.raw == value {
				entry["escaped"] = "not"
			}
		}
		out = append(out, entry)
	}
	return out
}

// escaped is encodeURIComponent for what cookies hold.
func escaped(s string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(s))
}

var signed = regexp.MustCompile(`(?s)^(.*)\.([A-Za-z0-9+/]{43}=)$`)

// header shows a value that the server's secret signed by what it holds.
func (o opener) header(v string) string {
	if text, ok := o.unsign(v); ok {
		return "signed " + text
	}
	return v
}

func (o opener) unsign(v string) (string, bool) {
	m := signed.FindStringSubmatch(v)
	if m == nil || base64.StdEncoding.EncodeToString(o.hmac(m[1])) != m[2] {
		return "", false
	}
	return m[1], true
}

// content puts what a cookie holds into its entry.
func (o opener) content(entry map[string]any, v string) {
	if text, ok := o.unsign(v); ok {
		entry["signed"] = text
		return
	}
	if strings.HasPrefix(v, "eyJ") {
		switch strings.Count(v, ".") {
		case 4:
			header, err := jsonIn(v[:strings.IndexByte(v, '.')])
			// Just made, so any time before its end will do.
			for _, purpose := range []string{"better-auth-session", "better-auth-account"} {
				claims, e := o.keys.DecodeJWE(v, purpose, time.Time{})
				if payload, e2 := decoded([]byte(claims)); err == nil && e == nil && e2 == nil {
					entry["jwe"] = map[string]any{"header": header, "payload": payload}
					return
				}
			}
		case 2:
			if token, ok := o.jwt(v); ok {
				entry["jwt"] = token
				return
			}
		case 0:
			if cache, ok := o.compact(v); ok {
				entry["compact"] = cache
				return
			}
		}
	}
	entry["value"] = v
}

func (o opener) hmac(text string) []byte {
	h := hmac.New(sha256.New, []byte(o.keys.Current()))
	_, _ = io.WriteString(h, text) // a hash does not fail
	return h.Sum(nil)
}

// jwt reads a JWT that the server's secret or one of its key pairs signed.
func (o opener) jwt(token string) (map[string]any, bool) {
	if content, ok := o.pairs.open(token); ok {
		return content, true
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 || base64.RawURLEncoding.EncodeToString(o.hmac(parts[0]+"."+parts[1])) != parts[2] {
		return nil, false
	}
	header, err := jsonIn(parts[0])
	payload, err2 := jsonIn(parts[1])
	return map[string]any{"header": header, "payload": payload}, err == nil && err2 == nil
}

// compact reads a session cache whose signature covers the session's members
// and its end, in this order.
func (o opener) compact(v string) (any, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(v)
	if err != nil {
		return nil, false
	}
	var cache struct {
		Session   json.RawMessage
		ExpiresAt json.Number
		Signature string
	}
	if json.Unmarshal(raw, &cache) != nil || len(cache.Session) < 2 {
		return nil, false
	}
	text := strings.TrimSuffix(string(cache.Session), "}") + `,"expiresAt":` + cache.ExpiresAt.String() + "}"
	if base64.RawURLEncoding.EncodeToString(o.hmac(text)) != cache.Signature {
		return nil, false
	}
	var out map[string]any
	if json.Unmarshal(raw, &out) != nil {
		return nil, false
	}
	delete(out, "signature")
	return out, true
}

func jsonIn(base64url string) (any, error) {
	raw, err := base64.RawURLEncoding.DecodeString(base64url)
	if err != nil {
		return nil, err
	}
	return decoded(raw)
}

func decoded(raw []byte) (any, error) {
	var v any
	return v, json.Unmarshal(raw, &v)
}

// plain is a value as a client reads it.
func plain(v any) (any, error) {
	text, err := wire.Marshal(v)
	if err != nil {
		return nil, err
	}
	return decoded(text)
}

// show writes a value into a message.
func show(v any) string {
	switch v := v.(type) {
	case Absent:
		return v.String()
	case string:
		return strconv.Quote(v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
