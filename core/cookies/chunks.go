package cookies

import (
	"errors"
	"strconv"
	"strings"
)

const (
	// chunkSize is the length of a chunk: 4096 less upstream's estimate of 200
	// for name and attributes.
	chunkSize = 3896
	// maxChunked bounds a value that is joined or split, in bytes. Node refuses
	// requests with more than 16 KiB of headers, so upstream reads less.
	maxChunked = 64 << 10

	// SessionDataLimit is the length in bytes from which on session_data is
	// split.
	SessionDataLimit = 4093
	// AccountDataLimit is the length in bytes from which on account_data is
	// split.
	AccountDataLimit = 4096
)

// ErrTooLarge says that a value is above what may be split over cookies.
var ErrTooLarge = errors.New("cookies: value too large")

// Chunked returns the value of a cookie that may have been split: the plain
// name if it was sent, else the chunks name.0, name.1 and so on in order.
// Chunks with a gap, an empty one, or more than 64 KiB in total are no value;
// upstream joins whatever is there.
func (r Received) Chunked(name string) (value string, ok bool) {
	if value, ok := r.Get(name); ok {
		return value, len(value) <= maxChunked
	}
	chunks := map[int]string{}
	total := 0
	for n, v := range r.All() {
		i, ok := chunkIndex(name, n)
		if !ok {
			continue
		}
		if total += len(v); v == "" || total > maxChunked {
			return "", false
		}
		chunks[i] = v
	}
	var b strings.Builder
	for i := range len(chunks) {
		v, ok := chunks[i]
		if !ok {
			return "", false
		}
		b.WriteString(v)
	}
	return b.String(), len(chunks) > 0
}

// SetChunked puts value under c's name and attributes into the jar, split when
// it is longer than limit, and deletes what is left in received of an earlier
// value. c's own value is not used. It fails with [ErrTooLarge] or
// [ErrInvalid]; the jar then holds the deletions only, so that no stale value
// survives.
func (j *Jar) SetChunked(received Received, c Cookie, value string, limit int) error {
	if err := j.ExpireChunked(received, c); err != nil {
		return err
	}
	if len(value) > maxChunked {
		return ErrTooLarge
	}
	if len(value) <= limit {
		c.Value = value
		return j.Set(c)
	}
	for i, name := 0, c.Name; len(value) > 0; i++ {
		n := min(chunkSize, len(value))
		c.Name, c.Value, value = name+"."+strconv.Itoa(i), value[:n], value[n:]
		if err := j.Set(c); err != nil {
			return err
		}
	}
	return nil
}

// ExpireChunked deletes the cookies of c's name that received has, the plain
// one and its chunks, and takes back what the jar has of them. Upstream also
// deletes every other cookie whose name begins like it. It fails with
// [ErrInvalid].
func (j *Jar) ExpireChunked(received Received, c Cookie) error {
	j.RemoveChunked(c.Name)
	for name := range received.All() {
		if _, chunk := chunkIndex(c.Name, name); !chunk && name != c.Name {
			continue
		}
		stale := c.Expired()
		stale.Name = name
		if err := j.Set(stale); err != nil {
			return err
		}
	}
	return nil
}

// chunkIndex returns the number behind "name.". Only the form that upstream
// writes counts: no sign, no leading zero, a handful of digits.
func chunkIndex(name, candidate string) (int, bool) {
	rest, ok := strings.CutPrefix(candidate, name)
	if !ok || len(rest) < 2 || rest[0] != '.' {
		return 0, false
	}
	digits := rest[1:]
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || strconv.Itoa(n) != digits {
		return 0, false
	}
	return n, true
}
