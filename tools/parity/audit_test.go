package main

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the golden pages of testdata anew")

// small is the server of the tests: every kind of item, some of each state.
func small(t *testing.T) Inventory {
	t.Helper()
	data, err := os.ReadFile("testdata/registered.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var given map[Kind]map[string]map[string]string
	if err := yaml.Unmarshal(data, &given); err != nil {
		t.Fatal(err)
	}
	inv := Inventory{}
	for kind, items := range given {
		for name, attrs := range items {
			inv.Add(kind, name, attrs)
		}
	}
	return inv
}

// copied is the tree of the tests, to be changed.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/tree")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func registers(inv Inventory) func(*Facts) (Registered, error) {
	return func(*Facts) (Registered, error) { return Registered{Core: inv}, nil }
}

func audit(t *testing.T, tree fs.FS, inv Inventory) *Audit {
	t.Helper()
	a, err := NewAudit(tree, registers(inv))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestThePagesTellWhatWasFound(t *testing.T) {
	a := audit(t, os.DirFS("testdata/tree"), small(t))
	if len(a.Problems) > 0 {
		t.Errorf("problems: %v", a.Problems)
	}
	for name, got := range a.Pages() {
		golden := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheStateOfAnItemIsDerived(t *testing.T) {
	rows := map[string]*Row{}
	for _, row := range audit(t, os.DirFS("testdata/tree"), small(t)).Module(Core).Rows {
		rows[row.ID()] = row
	}
	for id, want := range map[string]State{
		"endpoint /sign-in":                 Done,
		"endpoint (in process) setPassword": Missing,
		"input /sign-in body.tags[].name":   Done,
		"answer /sign-in 401 WRONG":         Done,
		"answer /sign-in 400 Too late":      Done,
		"answer redirect ?error=no_code":    Missing,
		"error LATE":                        Done, // by a test: where it is recorded, Gatehouse answers otherwise
		"error COMPUTED":                    Intended,
		"option session.strict":             Intended,
		"option later":                      Missing, // it is there, and said to do nothing
		"option compat.relaxed":             Added,
		"hook database user.create.before":  Done,
		"rate limit /sign-in…":              Done,
		"cookie session":                    Done,
		"field user.active":                 Done,
		"option fields":                     Done, // by what is below it
	} {
		if row := rows[id]; row == nil || row.State != want {
			t.Errorf("%s: %+v, want %s", id, row, want)
		}
	}
	if rows["option fields.email"] != nil {
		t.Error("a name below an option that takes any is counted on its own")
	}
}

func TestWhatIsWrongIsToldWithARemedy(t *testing.T) {
	set := func(id, attr, value string) func(Inventory) {
		return func(inv Inventory) { inv[id].Attrs[attr] = value }
	}
	remove := func(id string) func(Inventory) { return func(inv Inventory) { delete(inv, id) } }
	add := func(kind Kind, name string) func(Inventory) { return func(inv Inventory) { inv.Add(kind, name, nil) } }
	for _, tc := range []struct {
		name   string
		change func(Inventory)
		want   []string
	}{
		{"a method is another one", set("endpoint /sign-in", "methods", "GET POST"), []string{`endpoint /sign-in: methods is "GET POST", and upstream's is "POST"`, "make it equal, or put"}},
		{"a media type is missing", set("endpoint /sign-in", "media types", "application/json"), []string{"endpoint /sign-in: media types"}},
		{"an operation has another id", set("endpoint /sign-in", "operation id", "login"), []string{"endpoint /sign-in: operation id"}},
		{"an endpoint is not upstream's", add(Endpoint, "/mine"), []string{"endpoint /mine is not upstream's", "under additions"}},
		{"a field is missing", remove("input /sign-in body.password"), []string{"input /sign-in body.password is missing in something that is here"}},
		{"a field of an object in a list is missing", remove("input /sign-in body.tags[].name"), []string{"input /sign-in body.tags[].name is missing"}},
		{"a field is not required", set("input /sign-in body.email", "required", "false"), []string{`input /sign-in body.email: required is "false", and upstream's is "true"`}},
		{"a field has another type", set("input /sign-in body.age", "type", "number"), []string{"input /sign-in body.age: type"}},
		{"a field has another rule", set("input /sign-in body.password", "rules", "min=1"), []string{`input /sign-in body.password: rules is "min=1", and upstream's is "max=128 min=1"`}},
		{"a field is not upstream's", add(Input, "/sign-in body.role"), []string{"input /sign-in body.role is not upstream's"}},
		{"a message is another one", set("error WRONG", "message", "This is wrong."), []string{`error WRONG: message is "This is wrong.", and upstream's is "This is wrong"`}},
		{"a message does not fit its pattern", set("error LATE", "message", "Too early for you"), []string{`error LATE: message is "Too early for you", and upstream's is "Too late for *"`}},
		{"a status is not upstream's", set("error WRONG", "status", "401 403"), []string{`error WRONG: status is "401 403", and upstream's is "401"`}},
		{"a code is not upstream's", add(ErrorCode, "MINE"), []string{"error MINE is not upstream's"}},
		{"a code is raised and not registered", remove("error WRONG"), []string{"error WRONG counts as missing, and core/sign-in shows that it is raised", "Setup.ErrorCodes", "answer /sign-in 401 WRONG is missing"}},
		{"a column is missing", remove("field user.email"), []string{"field user.email is missing in something that is here"}},
		{"a column too many", add(Field, "user.shoeSize"), []string{"field user.shoeSize is not upstream's"}},
		{"a column is returned", set("field user.email", "returned", "true"), []string{"field user.email: returned"}},
		{"a column is not unique", set("field user.email", "unique", "false"), []string{"field user.email: unique"}},
		{"a column has another default", set("field user.active", "default", "true"), []string{"field user.active: default"}},
		{"the columns stand in another order", set("table user", "order", "email name active"), []string{"table user: order"}},
		{"a table is not upstream's", add(Table, "mine"), []string{"table mine is not upstream's"}},
		{"a cookie lives longer", set("cookie session", "https baseURL, Max-Age", "61"), []string{"cookie session: https baseURL, Max-Age"}},
		{"a cookie is not for https only", set("cookie session", "https baseURL, Secure", "false"), []string{"cookie session: https baseURL, Secure"}},
		{"a limit is another one", set("rate limit /sign-in…", "max", "30"), []string{"rate limit /sign-in…: max"}},
		{"a path has a limit that upstream has not", add(RateLimit, "/users"), []string{"rate limit /users is not upstream's"}},
		{"a default is another one", set("option session.expiresIn", "default", "60"), []string{`option session.expiresIn: default is "60", and upstream's is "3600"`}},
		{"an option is not upstream's", add(Option, "mine"), []string{"option mine is not upstream's"}},
		{"a hook is not upstream's", add(Hook, "request before"), []string{"hook request before is not upstream's"}},
		{"a difference has gone", set("option session.strict", "default", "false"), []string{`differences: the row "option session.strict: default" is about nothing`}},
		{"an addition has gone", func(inv Inventory) { delete(inv, "option compat"); delete(inv, "option compat.relaxed") }, []string{`additions: the row "option compat.*" is about nothing`, "there is no option compat.relaxed"}},
		{"what was missing is gone altogether", remove("option later"), []string{`missing: the row "option later" is about nothing`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inv := small(t)
			tc.change(inv)
			expect(t, audit(t, os.DirFS("testdata/tree"), inv).Problems, tc.want)
		})
	}
}

func expect(t *testing.T, problems []Problem, want []string) {
	t.Helper()
	var text strings.Builder
	for _, p := range problems {
		text.WriteString(p.String() + "\n")
	}
	for _, w := range want {
		if !strings.Contains(text.String(), w) {
			t.Errorf("nothing says %q:\n%s", w, text.String())
		}
	}
}

func TestReasonsAreCheckedToo(t *testing.T) {
	for _, tc := range []struct {
		name, file, old, new string
		want                 string
	}{
		{"a test that does not exist", "core/parity.yaml", "test: FuzzParse", "test: FuzzNothing", "there is no test FuzzNothing"},
		{"a function that is no test", "core/parity.yaml", "test: FuzzParse", "test: TestHelper", "there is no test TestHelper"},
		{"a folder in which it is not", "core/parity.yaml", "test: FuzzParse", "test: core/routes FuzzParse", "core/routes has no test FuzzParse; it is in core"},
		{"a test that two packages have", "core/parity.yaml", "core TestTwice", "TestTwice", "say which TestTwice: that of core, that of core/routes"},
		{"no test", "core/parity.yaml", "    test: FuzzParse\n", "", "no test is named"},
		{"hardening that nothing shows", "core/parity.yaml", "be used once, test: TestHooks", "be used once, test: TestNone", "there is no test TestNone"},
		{"class B without its switch", "core/parity.yaml", "switch: relaxed", "switch: other", "there is no option compat.other"},
		{"class A with a switch", "core/parity.yaml", "class: B", "class: A", "class A has no switch"},
		{"another class", "core/parity.yaml", "class: B", "class: C", "the class is A or B"},
		{"vectors that do not exist", "core/parity.yaml", "file: reference/facts/hooks.json", "file: reference/vectors/none.json", "reference/vectors/none.json does not exist"},
		{"a file of ours that does not exist", "core/parity.yaml", "ours: [core/parity.yaml]", "ours: [core/none.go]", "core/none.go does not exist"},
		{"evidence for what needs none", "core/parity.yaml", "hook database user.create.after", "hook database user.remove.after", `"hook database user.remove.after" is about nothing`},
		{"evidence that is taken away", "core/parity.yaml", `  - {rows: ["hook database user.create.after"], test: TestHooks}` + "\n", "", "hook database user.create.after is equal and nothing shows it"},
		{"the replay's reason names no test", "reference/replay/differences.yaml", "core TestHooks", "core TestNone", "there is no test TestNone"},
		{"a success is not recorded", "reference/recordings/core/sign-in.json", `"step": "GET /users?limit=1", "status": 200`, `"step": "GET /users?limit=1", "status": 500`, "answer GET /users success is equal and nothing shows it"},
		{"an error is not recorded", "reference/recordings/core/sign-in.json", `"status": 401, "body": {"code": "WRONG"`, `"status": 400, "body": {"code": "WRONG"`, "answer /sign-in 401 WRONG is equal and nothing shows it"},
		{"an option changes no recording", "reference/recordings/coverage.json", `"session.expiresIn": "core`, `"session.other": "core`, "option session.expiresIn is equal and nothing shows it"},
		{"a field is never sent", "reference/scenarios/core/sign-in.yaml", "age: 30, ", "", "input /sign-in body.age is equal and nothing shows it"},
		{"a cookie is never set", "reference/recordings/core/sign-in.json", `"signed": "<token:1>", "attributes": ["Max-Age=60"]`, `"value": "", "attributes": ["Max-Age=0"]`, "cookie session is equal and nothing shows it"},
		{"a column is in no recorded row", "reference/recordings/core/sign-in.json", `, "active": 0`, "", "field user.active is equal and nothing shows it"},
		{"an answer that Gatehouse does not give is no evidence", "core/parity.yaml", `  - {rows: ["error LATE"], file: reference/facts/hooks.json, test: [TestHooks, core/routes TestTwice]}` + "\n", "", "error LATE is equal and nothing shows it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := copied(t)
			replace(t, filepath.Join(dir, tc.file), tc.old, tc.new)
			expect(t, audit(t, os.DirFS(dir), small(t)).Problems, []string{tc.want})
		})
	}
}

func replace(t *testing.T, file, old, with string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(file, bytes.Replace(data, []byte(old), []byte(with), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	for _, tc := range []struct{ name, file, old, new, want string }{
		{"a key that reasons do not have", "core/parity.yaml", "notes:", "remarks:", "field remarks not found"},
		{"reasons without an owner", "core/parity.yaml", "owner: core\n", "", "owner, title and scope are needed"},
		{"a recording that is older than its scenario", "reference/scenarios/core/sign-in.yaml", "times: 2", "times: 3", "record it again"},
		{"an inventory that is no JSON", "reference/facts/hooks.json", "{", "", "hooks.json"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := copied(t)
			replace(t, filepath.Join(dir, tc.file), tc.old, tc.new)
			if _, err := NewAudit(os.DirFS(dir), registers(small(t))); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestOwnersAndReasonsBelongTogether(t *testing.T) {
	tree := os.DirFS("testdata/tree")
	for _, tc := range []struct {
		name  string
		given Registered
		want  string
	}{
		{"a plugin without reasons", Registered{Core: small(t), "extra": {"x": {}}}, "is registered and has no parity.yaml"},
		{"a plugin that upstream has not", Registered{Core: small(t), "mine": {"x": {}}}, "upstream has no plugin of this id"},
		{"reasons without a plugin", Registered{}, "nothing is registered for core"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, err := NewAudit(tree, func(*Facts) (Registered, error) { return tc.given, nil })
			if err != nil {
				t.Fatal(err)
			}
			expect(t, a.Problems, []string{tc.want})
		})
	}
}

func TestCheckFailsUntilThePagesAreWritten(t *testing.T) {
	dir := copied(t)
	var out bytes.Buffer
	try := func(check bool, inv Inventory) error {
		out.Reset()
		return run(dir, check, registers(inv), &out)
	}
	if err := try(true, small(t)); err == nil || !strings.Contains(out.String(), "docs/parity/core.md: does not exist") {
		t.Errorf("without pages: %v\n%s", err, out.String())
	}
	if err := try(false, small(t)); err != nil || !strings.Contains(out.String(), "wrote") {
		t.Errorf("writing: %v\n%s", err, out.String())
	}
	if err := try(true, small(t)); err != nil {
		t.Errorf("with pages: %v\n%s", err, out.String())
	}
	replace(t, filepath.Join(dir, pagesFolder, "core.md"), "Here is sign-in.", "Everything is here.")
	if err := try(true, small(t)); err == nil || !strings.Contains(out.String(), `core.md: is stale: line 5 is "Everything is here."`) {
		t.Errorf("a page that somebody has changed: %v\n%s", err, out.String())
	}
	if err := try(false, small(t)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, pagesFolder, "old.md"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := try(true, small(t)); err == nil || !strings.Contains(out.String(), "old.md: no module has this page") {
		t.Errorf("a page too many: %v\n%s", err, out.String())
	}
	changed := small(t)
	changed["error WRONG"].Attrs["message"] = "Wrong"
	if err := try(false, changed); err != nil || !strings.Contains(out.String(), "error WRONG: message") {
		t.Errorf("writing tells what is wrong and does not fail: %v\n%s", err, out.String())
	}
	if page, err := os.ReadFile(filepath.Join(dir, pagesFolder, "core.md")); err != nil || !strings.Contains(string(page), "| ✗ | `WRONG` |") {
		t.Errorf("the page hides it: %v", err)
	}
}
