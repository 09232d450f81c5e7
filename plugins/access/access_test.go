package access_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/plugins/access"
)

func role(t *testing.T, may access.Statements) access.Role {
	t.Helper()
	control, err := access.New(access.Statements{
		"project": {"create", "update", "delete"}, "ui": {"view", "edit", "comment"}, "constructor": {"name"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := control.NewRole(may)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What upstream's code answers, and names that every JavaScript object has.
func TestWhatARoleMayDo(t *testing.T) {
	may := access.Statements{"project": {"create", "update"}, "ui": {"view"}}
	for _, tt := range []struct {
		name    string
		request access.Request
		how     access.Connector
		want    bool
	}{
		{"one of its actions", access.Request{"project": {Names: []string{"create"}}}, access.And, true},
		{"all of its actions", access.Request{"project": {Names: []string{"create", "update"}}}, access.And, true},
		{"an action that it has not", access.Request{"project": {Names: []string{"delete"}}}, access.And, false},
		{"one that it has and one that it has not", access.Request{"project": {Names: []string{"create", "delete"}}}, access.And, false},
		{"either of two actions", access.Request{"project": {Names: []string{"create", "delete"}, Connector: access.Or}}, access.And, true},
		{"either of none", access.Request{"project": {Connector: access.Or}}, access.And, false},
		{"two resources", access.Request{"project": {Names: []string{"create"}}, "ui": {Names: []string{"view"}}}, access.And, true},
		{"two resources, one of them in vain", access.Request{"project": {Names: []string{"create"}}, "ui": {Names: []string{"edit"}}}, access.And, false},
		{"either of two resources", access.Request{"project": {Names: []string{"delete"}}, "ui": {Names: []string{"view"}}}, access.Or, true},
		{"either of two resources, both in vain", access.Request{"project": {Names: []string{"delete"}}, "ui": {Names: []string{"edit"}}}, access.Or, false},
		{"either of a resource and an unknown one", access.Request{"aaa": {Names: []string{"x"}}, "ui": {Names: []string{"view"}}}, access.Or, true},
		{"a resource that it has not", access.Request{"other": {Names: []string{"create"}}}, access.And, false},
		{"no action of a resource that it has", access.Request{"project": {}}, access.And, true},
		{"no action of a resource that it has not", access.Request{"other": {}}, access.And, false},
		{"nothing", access.Request{}, access.And, false},
		{"constructor", access.Request{"constructor": {Names: []string{"name"}}}, access.And, false},
		{"no action of constructor", access.Request{"constructor": {}}, access.And, false},
		{"__proto__", access.Request{"__proto__": {}}, access.And, false},
		{"toString", access.Request{"toString": {Names: []string{"length"}}}, access.Or, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := role(t, may).Authorize(tt.request, tt.how)
			if (err == nil) != tt.want {
				t.Errorf("got %v, want it allowed: %t", err, tt.want)
			}
			if _, denied := errors.AsType[*access.Denied](err); err != nil && !denied {
				t.Errorf("the error is a %T", err)
			}
		})
	}
}

func TestTheZeroRoleMayDoNothing(t *testing.T) {
	if (access.Role{}).Allows(access.Statements{"project": {}}) {
		t.Error("it may")
	}
}

func TestARoleHasWhatThereIs(t *testing.T) {
	control, err := access.New(access.Statements{"project": {"create"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, may := range []access.Statements{{"projects": {"create"}}, {"project": {"share"}}, {"constructor": {}}} {
		if _, err := control.NewRole(may); err == nil {
			t.Errorf("a role may have %v", may)
		}
	}
	if _, err := access.New(access.Statements{"": {"create"}}); err == nil {
		t.Error("a resource may have no name")
	}
}

func TestStatementsShareNothing(t *testing.T) {
	own := access.Statements{"project": {"create"}}
	merged := own.Merge(access.Statements{"project": {"create", "share"}, "ui": {}})
	if len(own["project"]) != 1 || len(merged["project"]) != 2 || merged["ui"] == nil {
		t.Errorf("got %v from %v", merged, own)
	}
	merged["project"][0] = "changed"
	if own["project"][0] != "create" {
		t.Error("a merged copy changes what it was made of")
	}
}
