package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// source is a parsed data source name.
type source struct {
	memory bool
	path   string // absolute
	mode   string // of a URI: rw, rwc or empty
}

// parse accepts few parameters on purpose: the driver runs the values of some
// as SQL, and others (cache, nolock, vfs) undo what Open promises.
func parse(dsn string) (source, error) {
	switch {
	case dsn == "":
		return source{}, errors.New("sqlite: the data source is empty; it takes a path, a URI or :memory: instead")
	case strings.IndexByte(dsn, 0) >= 0:
		return source{}, errors.New("sqlite: the data source holds NUL")
	case dsn == ":memory:":
		return source{memory: true}, nil
	case !strings.HasPrefix(dsn, "file:"):
		if strings.Contains(dsn, "?") {
			return source{}, errors.New("sqlite: a path takes no parameters; see Options, or write a file: URI for a name with a question mark")
		}
		return located(dsn, "")
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return source{}, errors.New("sqlite: the data source is no valid URI")
	}
	if u.Host != "" && u.Host != "localhost" || u.User != nil || u.Fragment != "" {
		return source{}, errors.New("sqlite: the data source must name a file of this machine")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return source{}, errors.New("sqlite: the parameters of the data source do not parse")
	}
	for name := range query {
		if name != "mode" {
			return source{}, fmt.Errorf("sqlite: the data source has the parameter %q; only mode is allowed, see Options for the rest", name)
		}
	}
	path := u.Path
	if u.Opaque != "" { // file:relative/path
		if path, err = url.PathUnescape(u.Opaque); err != nil {
			return source{}, errors.New("sqlite: the data source is no valid URI")
		}
	}
	switch mode := query.Get("mode"); {
	case mode == "memory" || path == ":memory:":
		return source{memory: true}, nil
	case mode == "" || mode == "rw" || mode == "rwc":
		return located(path, mode)
	default:
		return source{}, fmt.Errorf("sqlite: the mode %q is not one of rw, rwc and memory", mode)
	}
}

func located(path, mode string) (source, error) {
	if path == "" || strings.HasSuffix(path, "/") {
		return source{}, errors.New("sqlite: the data source names no file")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return source{}, fmt.Errorf("sqlite: %w", err)
	}
	return source{path: abs, mode: mode}, nil
}

// create makes a missing file before SQLite would: it holds password hashes,
// and SQLite gives its journals the permissions of the file.
func (s source) create() error {
	flags := os.O_RDWR
	if s.mode != "rw" {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(s.path, flags, 0o600)
	if err != nil {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err
		}
		return fmt.Errorf("sqlite: open %s: %w", s.path, err)
	}
	return f.Close()
}

func (s source) uri(params url.Values) string {
	path := filepath.ToSlash(s.path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	// Path alone, so that "?", "#" and "%" in a file's name are escaped.
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + params.Encode()
}
