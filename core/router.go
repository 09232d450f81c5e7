package core

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// router finds the route of a method and a path.
type router struct {
	static  map[string]map[string]*route // path → method → route
	dynamic []*route
	all     []*route
}

func (rt *router) add(r *route, replace bool) error {
	if replace {
		rt.supersede(r)
	}
	rt.all = append(rt.all, r)
	if r.serverOnly {
		return nil
	}
	if !strings.HasPrefix(r.path, "/") || len(r.methods) == 0 {
		return fmt.Errorf("endpoint %q needs a path that starts with / and a method", r.path)
	}
	if strings.Contains(r.path, "/:") {
		return rt.addDynamic(r, replace)
	}
	byMethod := rt.static[r.path]
	if byMethod == nil {
		if byMethod = map[string]*route{}; rt.static == nil {
			rt.static = map[string]map[string]*route{}
		}
		rt.static[r.path] = byMethod
	}
	for _, m := range r.methods {
		if old := byMethod[m]; old != nil && !replace {
			return fmt.Errorf("%s %s is registered already, by %q", m, r.path, old.plugin)
		}
		byMethod[m] = r
	}
	return nil
}

// supersede takes the place of the routes that r replaces, also in process: a
// Bound of theirs calls r from then on.
func (rt *router) supersede(r *route) {
	rt.all = slices.DeleteFunc(rt.all, func(old *route) bool {
		if old.path != r.path || !slices.ContainsFunc(old.methods, func(m string) bool { return slices.Contains(r.methods, m) }) {
			return false
		}
		old.replacedBy = r
		return true
	})
}

// addDynamic adds a route with parameters. One that replaces another stands ahead
// of it, and leaves it the methods that it does not have itself.
func (rt *router) addDynamic(r *route, replace bool) error {
	at := len(rt.dynamic)
	for i, old := range rt.dynamic {
		_, same := matchPattern(old.path, r.path)
		if !same || !slices.ContainsFunc(old.methods, func(m string) bool { return slices.Contains(r.methods, m) }) {
			continue
		}
		if !replace {
			return fmt.Errorf("%s %s is registered already, by %q", r.methods, r.path, old.plugin)
		}
		at = min(at, i)
	}
	rt.dynamic = slices.Insert(rt.dynamic, at, r)
	return nil
}

// find returns the route and the path's parameters, or nil. Static paths win.
func (rt *router) find(method, path string) (*route, map[string]string) {
	if byMethod, ok := rt.static[path]; ok {
		return byMethod[method], nil
	}
	for _, r := range rt.dynamic {
		if params, ok := matchPattern(r.path, path); ok && slices.Contains(r.methods, method) {
			return r, params
		}
	}
	return nil, nil
}

// matchPattern compares an escaped path with a pattern segment by segment.
func matchPattern(pattern, path string) (map[string]string, bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	params := map[string]string{}
	for i, w := range want {
		name, isParam := strings.CutPrefix(w, ":")
		if !isParam {
			if w != have[i] {
				return nil, false
			}
			continue
		}
		v, ok := segment(have[i])
		if !ok {
			return nil, false
		}
		params[name] = v
	}
	return params, true
}

// canonicalPath writes an escaped path in the one way that everything compares:
// what has to be escaped is, with upper-case digits. Escapes that nobody needs
// are refused, since they only serve to look like another path.
func canonicalPath(path string) (string, bool) {
	var b strings.Builder
	for s := range strings.SplitSeq(path[1:], "/") {
		v, ok := segment(s)
		if !ok || needlessEscape(s) {
			return "", false
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(v))
	}
	return b.String(), true
}

// needlessEscape finds an escaped unreserved character (RFC 3986, section 2.3).
func needlessEscape(s string) bool {
	for i := 0; i+2 < len(s); i++ {
		if s[i] != '%' {
			continue
		}
		if v, err := url.PathUnescape(s[i : i+3]); err == nil && strings.ContainsAny(v, letters+"-._~") {
			return true
		}
	}
	return false
}

// segment decodes one segment of an escaped path. An empty one, a dot segment,
// NUL, invalid UTF-8 and an escaped slash are refused: they would mean another
// path to a proxy than to us.
func segment(escaped string) (string, bool) {
	v, err := url.PathUnescape(escaped)
	if err != nil || v == "" || v == "." || v == ".." || !utf8.ValidString(v) || strings.ContainsAny(v, "/\\\x00") {
		return "", false
	}
	return v, true
}
