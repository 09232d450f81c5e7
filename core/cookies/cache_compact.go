package cookies

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// The compact cache is the base64url of
//
//	{"session":<payload>,"expiresAt":<milliseconds>,"signature":"<43 characters>"}
//
// and the signature covers the payload with expiresAt appended as its last
// member. Upstream checks it over the text that JSON.stringify makes of the
// parsed payload, so what is written here must be that text already.
const (
	compactHead      = `{"session":`
	compactExpires   = `,"expiresAt":`
	compactSignature = `,"signature":"`
	compactTail      = `"}`
	compactMacLength = 43
)

func encodeCompact(keys *secret.Keys, inner []byte, expiresAt time.Time) string {
	expires := strconv.FormatInt(expiresAt.UnixMilli(), 10)
	return base64.RawURLEncoding.EncodeToString([]byte(compactHead + string(inner) +
		compactExpires + expires +
		compactSignature + keys.SignRaw(string(inner[:len(inner)-1])+compactExpires+expires+"}") + compactTail))
}

// decodeCompact takes the text apart by its fixed pieces and checks the
// signature over the bytes that came; JSON is parsed only behind it. So there
// is one reading of each text, and none for a text that JSON.stringify would
// not write.
func decodeCompact(keys *secret.Keys, value string) (CachePayload, time.Time, error) {
	if len(value) > maxChunked {
		return CachePayload{}, time.Time{}, ErrCache
	}
	var room [2048]byte
	data, err := secret.AppendBase64URL(room[:0], value)
	if err != nil {
		return CachePayload{}, time.Time{}, ErrCache
	}
	inner, expires, signature, ok := splitCompact(string(data))
	// inner has expires as its last member there.
	if !ok || !keys.VerifyParts(signature, inner[:len(inner)-1], compactExpires, expires, "}") {
		return CachePayload{}, time.Time{}, ErrCache
	}
	expiresAt, ok := integer(expires)
	if !ok {
		return CachePayload{}, time.Time{}, ErrCache
	}
	m, ok := readMembers(inner)
	if !ok || m.exp != "" || m.iat != "" || m.jti != "" {
		return CachePayload{}, time.Time{}, ErrCache
	}
	p, err := m.payload()
	return p, time.UnixMilli(expiresAt), err
}

func splitCompact(text string) (inner, expires, signature string, ok bool) {
	rest, ok1 := strings.CutPrefix(text, compactHead)
	rest, ok2 := strings.CutSuffix(rest, compactTail)
	if !ok1 || !ok2 || len(rest) < compactMacLength {
		return "", "", "", false
	}
	rest, signature = rest[:len(rest)-compactMacLength], rest[len(rest)-compactMacLength:]
	rest, ok1 = strings.CutSuffix(rest, compactSignature)
	at := strings.LastIndex(rest, compactExpires)
	if !ok1 || at < 2 || rest[0] != '{' || rest[at-1] != '}' {
		return "", "", "", false
	}
	return rest[:at], rest[at+len(compactExpires):], signature, true
}

// marshal writes the payload as JSON.stringify does. It refuses a session or
// user that is not such text, because upstream would not verify the result.
func (p CachePayload) marshal() (json.RawMessage, error) {
	for _, part := range []struct {
		name, text string
	}{{"session", p.Session}, {"user", p.User}} {
		if _, ok := wire.Members(nil, part.text); !ok || !stringified(part.text) {
			return nil, fmt.Errorf("%w: the %s is not an object as JSON.stringify writes it", ErrCache, part.name)
		}
	}
	if !utf8.ValidString(p.Version) {
		return nil, fmt.Errorf("%w: the version is not UTF-8", ErrCache)
	}
	if p.UpdatedAt < 0 || p.UpdatedAt > maxMilli {
		return nil, fmt.Errorf("%w: the update lies outside of time", ErrCache)
	}
	var b bytes.Buffer
	b.WriteString(`{"session":`)
	b.WriteString(p.Session)
	b.WriteString(`,"user":`)
	b.WriteString(p.User)
	b.WriteString(`,"updatedAt":`)
	b.WriteString(strconv.FormatInt(p.UpdatedAt, 10))
	if p.Version != "" {
		b.WriteString(`,"version":`)
		b.WriteString(quote(p.Version))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// stringified tells valid JSON in which nothing is spelled otherwise than
// JSON.stringify would: no white space between tokens, no escape but the
// necessary ones, in their shortest form (ECMA-262, section 25.5.2.3).
func stringified(raw string) bool {
	inString := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '"':
			inString = !inString
		case !inString:
			if c <= ' ' {
				return false
			}
		case c == '\\':
			if i++; raw[i] == '/' {
				return false
			}
			if raw[i] == 'u' {
				if !necessary(raw[i+1 : i+5]) {
					return false
				}
				i += 4
			}
		}
	}
	return true
}

// necessary tells the four digits of an escape that has no other spelling:
// control characters without a letter of their own, and lone surrogates. Those
// of a pair would be written out, and upstream never stores a lone one, so all
// are refused.
func necessary(digits string) bool {
	n, err := strconv.ParseUint(digits, 16, 16)
	if err != nil || n >= 0x20 || fmt.Sprintf("%04x", n) != digits {
		return false
	}
	return !strings.ContainsRune("\b\t\n\f\r", rune(n))
}

// quote writes valid UTF-8 as JSON.stringify does (ECMA-262, QuoteJSONString).
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		c := s[i]
		if at := strings.IndexByte("\"\\\b\f\n\r\t", c); at >= 0 {
			b.WriteByte('\\')
			b.WriteByte(`"\bfnrt`[at])
			continue
		}
		if c < 0x20 {
			fmt.Fprintf(&b, `\u%04x`, c)
			continue
		}
		b.WriteByte(c)
	}
	b.WriteByte('"')
	return b.String()
}
