package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// A session that names a user who merely looks like another must not be that
// one's: without a foreign key, or under one of such a collation, it can stand.
func TestJoinsGoByTheBytesWhateverTheCollation(t *testing.T) {
	t.Parallel()
	dsn := sqltest.MySQL(t)
	pool := connect(t, dsn)
	pool.SetMaxOpenConns(1) // what was read is counted by session
	var users []string
	for i := range 2000 {
		users = append(users, fmt.Sprintf("('u%d')", i))
	}
	sqltest.Execute(t, pool,
		"create table user (id varchar(36) collate utf8mb4_general_ci not null primary key)",
		"create table session (id varchar(36) not null primary key, userId varchar(36) collate utf8mb4_general_ci, key (userId))",
		"insert into user values ('abc'), "+strings.Join(users, ", "),
		"insert into session values ('1', 'abc'), ('2', 'ABC '), ('3', 'abc '), ('4', 'Abc'), ('5', 'ábc')", "analyze table user, session")
	user := sqltest.Table(t, "user")
	session := sqltest.Table(t, "session", &db.Field{Name: "userId", Type: db.String})
	a, err := mysql.New(t.Context(), pool, mysql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sqltest.Execute(t, pool, "FLUSH STATUS")
	rows, err := a.Select(t.Context(), db.Query{
		Table: session, Order: []db.Order{{Field: db.ID}}, Joins: []db.Join{{Table: user, Local: "userId", Foreign: db.ID}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var read int
	if err := pool.QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'").Scan(new(string), &read); err != nil {
		t.Fatal(err)
	}
	if read >= 1000 {
		t.Errorf("%d rows were scanned", read)
	}
	var got []any
	for _, row := range rows {
		got = append(got, row["user"])
	}
	if diff := cmp.Diff([]any{db.Row{db.ID: "abc"}, nil, nil, nil, nil}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Two parents whose keys the collation takes for one do not share a limit.
func TestTheLimitOfAJoinCountsPerParentByTheBytes(t *testing.T) {
	t.Parallel()
	dsn := sqltest.MySQL(t)
	sqltest.Execute(t, connect(t, dsn),
		"create table user (id varchar(36) collate utf8mb4_bin not null primary key)",
		"create table session (id varchar(36) not null primary key, userId varchar(36) collate utf8mb4_general_ci)",
		"insert into user values ('A'), ('a')",
		"insert into session values ('1', 'a'), ('2', 'A')")
	user := sqltest.Table(t, "user")
	session := sqltest.Table(t, "session", &db.Field{Name: "userId", Type: db.String})
	rows, err := open(t, dsn, mysql.Options{}).Select(t.Context(), db.Query{
		Table: user, Order: []db.Order{{Field: db.ID}},
		Joins: []db.Join{{Table: session, Local: db.ID, Foreign: "userId", Many: true, Limit: 1}},
	})
	want := []db.Row{
		{db.ID: "A", "session": []db.Row{{db.ID: "2", "userId": "A"}}},
		{db.ID: "a", "session": []db.Row{{db.ID: "1", "userId": "a"}}},
	}
	if diff := cmp.Diff(want, rows); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestColumnsThatWouldChangeAValueAreConflicts(t *testing.T) {
	suite.RunColumnTypes(t, []sqltest.ColumnType{
		{Type: "date", Field: db.Field{Type: db.Date}, Good: false},
		{Type: "datetime", Field: db.Field{Type: db.Date}, Good: false},
		{Type: "timestamp null", Field: db.Field{Type: db.Date}, Good: false},
		{Type: "timestamp(2) null", Field: db.Field{Type: db.Date}, Good: false},
		{Type: "timestamp(6) null", Field: db.Field{Type: db.Date}, Good: true},
		{Type: "datetime(3)", Field: db.Field{Type: db.Date}, Good: true},
		{Type: "float", Field: db.Field{Type: db.Number}, Good: false},
		{Type: "decimal(20)", Field: db.Field{Type: db.Number}, Good: false},
		{Type: "decimal(20,4)", Field: db.Field{Type: db.Number}, Good: true},
		{Type: "double", Field: db.Field{Type: db.Number}, Good: true},
		{Type: "double", Field: db.Field{Type: db.Number, BigInt: true}, Good: false},
		{Type: "bigint(20) unsigned", Field: db.Field{Type: db.Number, BigInt: true}, Good: true},
	})
}
