package secondarytest

import (
	"strings"
	"testing"
	"time"
)

// hostile are texts that a storage may take for something else.
var hostile = map[string]string{
	"spaces":                   "  two words  ",
	"one space":                " ",
	"newlines":                 "a\r\nb\n",
	"a command":                "x\r\nFLUSHALL\r\n",
	"NUL":                      "a\x00b",
	"one NUL":                  "\x00",
	"bytes that are no UTF-8":  "\xff\xfe\x80",
	"unicode":                  "schlüssel-κλειδί-鍵-🔑",
	"a decomposed letter":      "e\u0301",
	"a star":                   "*",
	"a pattern":                "active-sessions-?[a-z]*\\",
	"a hash tag":               "{user}:1",
	"an open brace":            "{",
	"quotes":                   `"'` + "`",
	"a percent sign":           "%s%d%00",
	"a slash":                  "../a/b",
	"a word that is no value":  "nil",
	"null":                     "null",
	"a number":                 "42",
	"another spelling of it":   "042",
	"a large number":           "9223372036854775808",
	"a mebibyte":               strings.Repeat("0123456789abcdef", 1<<16),
	"a mebibyte and a bit":     strings.Repeat("0123456789abcdef", 1<<16) + "x",
	"sixty-four KiB of glyphs": strings.Repeat("鍵", 1<<14) + "*",
}

func hostileTests(t *testing.T, open Open) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			f := open.begin(t)
			f.set(text, "of the key", time.Hour)
			f.set("key", text, time.Hour)
			f.want(text, "of the key")
			f.want("key", text)
			if f.compareAndSet("key", text+"x", "new", time.Hour) || f.compareAndSet("key", "x"+text, "new", time.Hour) {
				t.Error("another text was taken for it")
			}
			if !f.compareAndSet("key", text, text+"!", time.Hour) || !f.compareAndSet(text, "of the key", text, time.Hour) {
				t.Error("it was not recognised")
			}
			f.want("key", text+"!")
			f.want(text, text)
			f.remove(text)
			f.want(text, "")
			f.want("key", text+"!")
		})
	}
	t.Run("all of them are different keys", func(t *testing.T) {
		f := open.begin(t)
		for name, text := range hostile {
			f.set(text, name, time.Hour)
		}
		for name, text := range hostile {
			f.want(text, name)
		}
		f.remove(hostile["a star"], hostile["a pattern"])
		for name, text := range hostile {
			if name != "a star" && name != "a pattern" {
				f.want(text, name)
			}
		}
	})
	t.Run("a key may be empty", func(t *testing.T) {
		f := open.begin(t)
		f.set("", "value", time.Hour)
		f.want("", "value")
		f.want("key", "")
	})
}
