package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestProgressIsABarForPeopleAndLinesForPrograms(t *testing.T) {
	t.Parallel()
	steps := []db.Step{{Kind: "create table", Table: "user"}, {Kind: "add column", Table: "session", Name: "note"}, {Kind: "create index", Table: "user", Name: "i"}}
	for name, watched := range map[string]bool{"on a terminal": true, "elsewhere": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, err bytes.Buffer
			p := newProgress(&terminal{out: &out, err: &err, watched: watched}, 2)
			for _, s := range steps {
				p.step(s)
			}
			p.end()
			if watched {
				if out.Len() != 0 || !strings.Contains(err.String(), "add column session.note") || !strings.Contains(err.String(), "(1/2)") {
					t.Errorf("out %q, err %q", &out, &err)
				}
				return
			}
			const want = "[1/2] create table user\n[2/2] add column session.note\n[3/3] create index i on user\n"
			if out.String() != want || err.Len() != 0 {
				t.Errorf("out %q, err %q", &out, &err)
			}
		})
	}
}
