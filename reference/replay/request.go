package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// jar is where a client keeps its cookies.
func (p *player) jar(as string) *jar {
	if as == "" {
		as = "alice"
	}
	if p.jars[as] == nil {
		p.jars[as] = &jar{}
	}
	return p.jars[as]
}

// request sends what a step asks and keeps the cookies of the answer.
func (p *player) request(ctx context.Context, s *Step) (*httptest.ResponseRecorder, error) {
	j := p.jar(s.As)
	r, err := p.build(s, j)
	if err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	p.ServeHTTP(rec, r.WithContext(ctx))
	j.keep(rec.Header()["Set-Cookie"])
	return rec, nil
}

// save keeps what a step wants of its answer and of the messages it has sent.
func (p *player) save(s *Step, rec *httptest.ResponseRecorder, messages []any) (err error) {
	for name, from := range s.Save {
		if field, ok := strings.CutPrefix(from, "mail."); ok {
			p.saved[name], err = inMail(field, messages)
		} else {
			p.saved[name], err = lookUp(from, rec.Header(), rec.Body.Bytes(), p.jar(s.As))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inMail finds a field in the last of the messages.
func inMail(field string, messages []any) (string, error) {
	if len(messages) == 0 {
		return "", fmt.Errorf("save mail.%s: the step has sent nothing", field)
	}
	message, _ := messages[len(messages)-1].(map[string]any)
	data, _ := message["data"].(map[string]any)
	v, ok := data[field]
	if !ok {
		if v, ok = message[field]; !ok {
			return "", fmt.Errorf("save: the mail has no %s", field)
		}
	}
	return fmt.Sprint(v), nil
}

// build writes the request out and reads it as a server does, so that odd paths
// and headers arrive as they are.
func (p *player) build(s *Step, j *jar) (*http.Request, error) {
	method, target, _ := strings.Cut(s.Request, " ")
	target, err := p.interpolate(target)
	if err != nil {
		return nil, err
	}
	host, path := p.origin.Host, p.prefix+target
	if u, err := url.Parse(target); err == nil && u.IsAbs() {
		host, path = u.Host, strings.TrimPrefix(target, u.Scheme+"://"+u.Host)
	}
	header := map[string]string{"host": host, "origin": p.origin.Scheme + "://" + p.origin.Host, "user-agent": "scenario"}
	if header["cookie"], err = p.cookieHeader(s, j); err != nil {
		return nil, err
	}
	body, err := p.body(s, header)
	if err != nil {
		return nil, err
	}
	for name, v := range s.Headers {
		name = strings.ToLower(name)
		if header[name] = ""; v == nil {
			continue
		}
		if header[name], err = p.interpolate(*v); err != nil {
			return nil, err
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\n", method, path)
	for name, v := range header {
		if v != "" {
			fmt.Fprintf(&text, "%s: %s\r\n", name, v)
		}
	}
	if s.Body != nil || s.Form != nil {
		fmt.Fprintf(&text, "content-length: %d\r\n", len(body))
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text.String() + "\r\n" + body)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Request, err)
	}
	r.RemoteAddr = "127.0.0.1:49152"
	return r, nil
}

func (p *player) cookieHeader(s *Step, j *jar) (string, error) {
	sent := j.clone()
	for _, name := range sortedKeys(s.Cookies) {
		v := s.Cookies[name]
		if v == nil {
			sent.remove(name)
			continue
		}
		text, err := p.interpolate(*v)
		if err != nil {
			return "", err
		}
		sent.set(name, text)
	}
	return sent.header(), nil
}

// body makes the body and names its type in header.
func (p *player) body(s *Step, header map[string]string) (string, error) {
	if s.Form != nil {
		header["content-type"] = "application/x-www-form-urlencoded"
		var pairs []string
		for _, m := range members(s.Form) {
			v, err := p.interpolate(m.value.Value)
			if err != nil {
				return "", err
			}
			pairs = append(pairs, url.QueryEscape(m.key)+"="+url.QueryEscape(v))
		}
		return strings.Join(pairs, "&"), nil
	}
	if s.Body == nil {
		return "", nil
	}
	header["content-type"] = "application/json"
	if s.Body.Kind == yaml.ScalarNode && s.Body.Tag == "!!str" {
		return p.interpolate(s.Body.Value)
	}
	text, err := jsonOf(s.Body, p.interpolate)
	return string(text), err
}

// lookUp finds body.a.b, headers.name or cookies.name in an answer.
func lookUp(from string, header http.Header, body []byte, j *jar) (string, error) {
	part, rest, _ := strings.Cut(from, ".")
	switch part {
	case "headers":
		if v := header.Get(rest); v != "" {
			return v, nil
		}
	case "cookies":
		if v, ok := j.get(rest); ok {
			return v, nil
		}
	case "body":
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			return "", fmt.Errorf("save %s: %w", from, err)
		}
		for key := range strings.SplitSeq(rest, ".") {
			switch at := v.(type) {
			case map[string]any:
				v = at[key]
			case []any:
				i, err := strconv.Atoi(key)
				if err != nil || i < 0 || i >= len(at) {
					return "", fmt.Errorf("save: the answer has no %s", from)
				}
				v = at[i]
			default:
				v = nil
			}
		}
		if v != nil {
			return fmt.Sprint(v), nil
		}
	}
	return "", fmt.Errorf("save: the answer has no %s", from)
}
