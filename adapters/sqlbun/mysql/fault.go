package mysql

import (
	"errors"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
)

// number is the server's number of an error, or 0.
func number(err error) uint16 {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

// Fault goes by the server's numbers, and reads of the message only the index
// that refused a row.
func (Dialect) Fault(err error) sqlbun.Fault {
	switch {
	case errors.Is(err, errLockWait):
		return sqlbun.Fault{Kind: sqlbun.Unavailable, Code: errLockWait.Error()}
	case errors.Is(err, mysql.ErrInvalidConn):
		return sqlbun.Fault{Kind: sqlbun.Unavailable, Code: "the connection was lost"}
	case errors.Is(err, mysql.ErrPktTooLarge):
		return sqlbun.Fault{Kind: sqlbun.Range, Code: "the statement is longer than max_allowed_packet"}
	}
	e, ok := errors.AsType[*mysql.MySQLError](err)
	switch {
	case ok:
	case tlsFailure(err) != "":
		return sqlbun.Fault{Code: tlsFailure(err) + "; see the parameter tls"}
	case sqlbun.Away(err):
		return sqlbun.Fault{Kind: sqlbun.Unavailable}
	default:
		return sqlbun.Fault{}
	}
	f := sqlbun.Fault{Kind: kind(e.Number), Code: strconv.Itoa(int(e.Number))}
	if why := reason(e.Number); why != "" {
		f.Code += ", " + why
	}
	if f.Kind == sqlbun.Unique {
		f.Column, f.Index = uniqueIndex(e.Message)
	}
	return f
}

func tlsFailure(err error) string {
	if errors.Is(err, mysql.ErrNoTLS) {
		return sqlbun.NoTLS
	}
	return sqlbun.TLSFailure(err)
}

func kind(number uint16) sqlbun.Kind {
	switch number {
	case 1022, 1062, 1169, 1586:
		return sqlbun.Unique
	case 1216, 1217, 1451, 1452:
		return sqlbun.Reference
	case 1048, 1364:
		return sqlbun.Required
	case 1264, 1267, 1292, 1366, 1406, 1690, 3140, 3819, 4025:
		return sqlbun.Range
	case 1051, 1054, 1109, 1146:
		return sqlbun.Schema
	case 1020, 1213, 1614, 3058:
		return sqlbun.Retry
	case 1021, 1030, 1037, 1038, 1040, 1041, 1053, 1105, 1114, 1135, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1205, 1226, 1290, 1317,
		1792, 1836, 1927, 1969, 2006, 2013, 3024, 3100, 3168, 3169, 3572, 4031:
		return sqlbun.Unavailable
	}
	return sqlbun.Other
}

// reason says in our words what an operator would have to look up, and what
// the fault's kind does not say.
func reason(number uint16) string {
	return map[uint16]string{
		1005: "the table or its reference cannot be made",
		1021: "the disk is full",
		1040: "too many connections",
		1044: "the account may not use the database",
		1045: "the account or its password is refused",
		1049: "there is no such database",
		1114: "the disk or the table space is full",
		1142: "the account may not do this",
		1170: "a text column has no length to index",
		1193: "the data source has a parameter that neither the driver nor the server knows",
		1205: "a lock was not given back in time",
		1213: "deadlock",
		1264: "a number is beyond its column",
		1267: "the column's character set lacks a character; convert the table to utf8mb4",
		1290: "the server is read-only",
		1292: "a date is beyond its column; a timestamp ends in 2038",
		1366: "the column's character set lacks a character; convert the table to utf8mb4",
		1406: "a text is longer than its column",
		1792: "the transaction is read-only",
		1836: "the server is read-only",
		3780: "a reference and what it refers to have different types",
	}[number]
}

// uniqueIndex finds the index in "Duplicate entry 'x' for key 'user.email'". The
// entry may hold quotes: the index is what is quoted last, in whatever language
// the server speaks. The primary key is a column.
func uniqueIndex(message string) (column, index string) {
	end := strings.LastIndexByte(message, '\'')
	if end < 0 {
		return "", ""
	}
	start := strings.LastIndexByte(message[:end], '\'')
	if start < 0 {
		return "", ""
	}
	name := message[start+1 : end]
	if j := strings.LastIndexByte(name, '.'); j >= 0 { // MySQL 8 puts the table before it
		name = name[j+1:]
	}
	if name == "PRIMARY" {
		return "id", ""
	}
	return "", name
}
