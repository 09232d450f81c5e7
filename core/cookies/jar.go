package cookies

import (
	"iter"
	"net/http"
	"slices"
	"strings"
)

// Jar collects the cookies of one response, one for each name. Upstream
// appends a line for every change, of which a browser keeps the last; the jar
// writes that one only, in its place, so that a cookie that was taken back
// never leaves the server. The zero value is empty. A jar is not safe for
// concurrent use.
type Jar struct {
	cookies []Cookie
	lines   []string
}

// Set puts c into the jar, at the end, in place of one with the same name. A
// cookie that cannot be written is refused with [ErrInvalid].
func (j *Jar) Set(c Cookie) error {
	line, err := c.Serialize()
	if err != nil {
		return err
	}
	j.Remove(c.Name)
	j.cookies = append(j.cookies, c)
	j.lines = append(j.lines, line)
	return nil
}

// Get returns the cookie with this name, and whether the jar has one.
func (j *Jar) Get(name string) (Cookie, bool) {
	if i := j.index(name); i >= 0 {
		return j.cookies[i], true
	}
	return Cookie{}, false
}

// Remove takes a cookie out, so that the response does not mention it, and
// reports whether there was one.
func (j *Jar) Remove(name string) bool {
	i := j.index(name)
	if i < 0 {
		return false
	}
	j.cookies = slices.Delete(j.cookies, i, i+1)
	j.lines = slices.Delete(j.lines, i, i+1)
	return true
}

// RemoveChunked takes out the cookie with this name and its chunks.
func (j *Jar) RemoveChunked(name string) {
	for _, c := range slices.Clone(j.cookies) {
		if _, chunk := chunkIndex(name, c.Name); chunk || c.Name == name {
			j.Remove(c.Name)
		}
	}
}

func (j *Jar) index(name string) int {
	return slices.IndexFunc(j.cookies, func(c Cookie) bool { return c.Name == name })
}

// All yields the cookies in the order they were last set. The jar may change
// meanwhile.
func (j *Jar) All() iter.Seq[Cookie] { return slices.Values(slices.Clone(j.cookies)) }

// Lines returns the values of the Set-Cookie headers, in order.
func (j *Jar) Lines() []string { return slices.Clone(j.lines) }

// WriteTo adds the Set-Cookie headers to h. A header for the same name that is
// already there is replaced.
func (j *Jar) WriteTo(h http.Header) {
	if len(j.lines) == 0 {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(h["Set-Cookie"]), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return j.index(strings.TrimSpace(name)) >= 0
	})
	h["Set-Cookie"] = append(kept, j.lines...)
}
