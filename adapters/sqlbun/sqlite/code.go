package sqlite

import (
	"strconv"

	lib "modernc.org/sqlite/lib"
)

// codeName is SQLite's own name of a result code; extended codes that are not
// listed get the name of their primary code and their number.
func codeName(code int) string {
	if name, ok := map[int]string{
		lib.SQLITE_CONSTRAINT_UNIQUE:     "SQLITE_CONSTRAINT_UNIQUE",
		lib.SQLITE_CONSTRAINT_PRIMARYKEY: "SQLITE_CONSTRAINT_PRIMARYKEY",
		lib.SQLITE_CONSTRAINT_ROWID:      "SQLITE_CONSTRAINT_ROWID",
		lib.SQLITE_CONSTRAINT_FOREIGNKEY: "SQLITE_CONSTRAINT_FOREIGNKEY",
		lib.SQLITE_CONSTRAINT_TRIGGER:    "SQLITE_CONSTRAINT_TRIGGER",
		lib.SQLITE_CONSTRAINT_NOTNULL:    "SQLITE_CONSTRAINT_NOTNULL",
		lib.SQLITE_BUSY_SNAPSHOT:         "SQLITE_BUSY_SNAPSHOT",
	}[code]; ok {
		return name
	}
	primary, ok := map[int]string{
		lib.SQLITE_ERROR:      "SQLITE_ERROR",
		lib.SQLITE_INTERNAL:   "SQLITE_INTERNAL",
		lib.SQLITE_PERM:       "SQLITE_PERM",
		lib.SQLITE_ABORT:      "SQLITE_ABORT",
		lib.SQLITE_BUSY:       "SQLITE_BUSY",
		lib.SQLITE_LOCKED:     "SQLITE_LOCKED",
		lib.SQLITE_NOMEM:      "SQLITE_NOMEM",
		lib.SQLITE_READONLY:   "SQLITE_READONLY",
		lib.SQLITE_INTERRUPT:  "SQLITE_INTERRUPT",
		lib.SQLITE_IOERR:      "SQLITE_IOERR",
		lib.SQLITE_CORRUPT:    "SQLITE_CORRUPT",
		lib.SQLITE_FULL:       "SQLITE_FULL",
		lib.SQLITE_CANTOPEN:   "SQLITE_CANTOPEN",
		lib.SQLITE_PROTOCOL:   "SQLITE_PROTOCOL",
		lib.SQLITE_SCHEMA:     "SQLITE_SCHEMA",
		lib.SQLITE_TOOBIG:     "SQLITE_TOOBIG",
		lib.SQLITE_CONSTRAINT: "SQLITE_CONSTRAINT",
		lib.SQLITE_MISMATCH:   "SQLITE_MISMATCH",
		lib.SQLITE_MISUSE:     "SQLITE_MISUSE",
		lib.SQLITE_NOTADB:     "SQLITE_NOTADB",
	}[code&0xff]
	if !ok {
		return "SQLite result " + strconv.Itoa(code)
	}
	if code > 0xff {
		primary += ", extended " + strconv.Itoa(code)
	}
	return primary
}
