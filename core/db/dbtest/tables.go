package dbtest

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Tables are what the suite works on: the trio of user, session and account as
// the core declares it, a sample of every type, tables that refer to a user in
// each way, and one whose table and columns are renamed.
func Tables(ids db.IDKind) ([]*db.Table, error) {
	user := func(onDelete string) *db.Reference {
		return &db.Reference{Model: "user", Field: db.ID, OnDelete: onDelete}
	}
	tables := []*db.Table{
		{Model: "user", Fields: []*db.Field{
			{Name: "name", Type: db.String},
			{Name: "email", Type: db.String, Unique: true, Sortable: true},
			{Name: "emailVerified", Type: db.Boolean},
			{Name: "image", Type: db.String, Nullable: true},
			{Name: "createdAt", Type: db.Date},
		}},
		{Model: "session", Fields: []*db.Field{
			{Name: "expiresAt", Type: db.Date},
			{Name: "token", Type: db.String, Unique: true},
			{Name: "ipAddress", Type: db.String, Nullable: true},
			{Name: "userId", Type: db.String, Index: true, References: user("cascade")},
		}},
		{Model: "account", Fields: []*db.Field{
			{Name: "accountId", Type: db.String},
			{Name: "providerId", Type: db.String},
			{Name: "userId", Type: db.String, Index: true, References: user("")},
			{Name: "password", Type: db.String, Nullable: true},
		}},
		{Model: "sample", Fields: []*db.Field{
			{Name: "text", Type: db.String, Sortable: true},
			{Name: "note", Type: db.String, Nullable: true},
			{Name: "code", Type: db.String, Nullable: true, Unique: true},
			{Name: "kind", Type: db.String, Nullable: true, Index: true},
			{Name: "count", Type: db.Number, Nullable: true},
			{Name: "big", Type: db.Number, Nullable: true, BigInt: true},
			{Name: "on", Type: db.Boolean, Nullable: true},
			{Name: "at", Type: db.Date, Nullable: true},
			{Name: "data", Type: db.JSON, Nullable: true},
			{Name: "tags", Type: db.StringArray, Nullable: true},
			{Name: "scores", Type: db.NumberArray, Nullable: true},
		}},
		{Model: "memo", Fields: []*db.Field{
			{Name: "text", Type: db.String},
			{Name: "authorId", Type: db.String, Nullable: true, References: user("set null")},
		}},
		{Model: "bond", Fields: []*db.Field{
			{Name: "holderId", Type: db.String, References: user("restrict")},
		}},
		{Model: "client", Fields: []*db.Field{
			{Name: "key", Type: db.String, Unique: true},
		}},
		{Model: "grant", Fields: []*db.Field{
			{Name: "clientKey", Type: db.String, References: &db.Reference{Model: "client", Field: "key"}},
		}},
		{Model: "thing", Name: "order", Fields: []*db.Field{
			{Name: "label", Column: "group", Type: db.String, Unique: true},
			{Name: "ownerId", Column: "owner.id", Type: db.String, Nullable: true, References: user("cascade")},
			{Name: "size", Column: "select", Type: db.Number, Nullable: true, Index: true},
		}},
	}
	for _, t := range tables {
		t.IDs = ids
		if err := t.Init(); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

func mustTables(t *testing.T, ids db.IDKind) (list []*db.Table, byModel map[string]*db.Table) {
	t.Helper()
	list, err := Tables(ids)
	if err != nil {
		t.Fatalf("the suite's own tables: %v", err)
	}
	byModel = make(map[string]*db.Table, len(list))
	for _, table := range list {
		byModel[table.Model] = table
	}
	return list, byModel
}
