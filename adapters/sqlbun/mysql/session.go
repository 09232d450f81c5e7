package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// check looks whether a connection of the pool is what Connector opens: at its
// variables, which the server decides too, and by probes at what the driver was told.
func check(ctx context.Context, pool *sql.DB, probes ...probe) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return openError(ctx, err)
	}
	defer func() { _ = conn.Close() }()
	live, err := variables(ctx, conn)
	if err != nil {
		return openError(ctx, err)
	}
	if wrong := live.wrong(); wrong != "" {
		return refusal(wrong)
	}
	for _, p := range probes {
		wrong, err := p(ctx, conn)
		if err != nil {
			return openError(ctx, err)
		}
		if wrong != "" {
			return refusal(wrong)
		}
	}
	return nil
}

// probe says what is wrong with a connection, or nothing.
type probe func(ctx context.Context, conn *sql.Conn) (wrong string, err error)

func refusal(wrong string) error {
	return fmt.Errorf("mysql: %s; open the pool with sql.OpenDB and the connector of mysql.Connector, or let mysql.Open do it", wrong)
}

// session are variables by name. A server that does not know one gives none.
type session map[string]string

func variables(ctx context.Context, conn *sql.Conn) (_ session, err error) {
	rows, err := conn.QueryContext(ctx, `SHOW SESSION VARIABLES WHERE Variable_name IN ('sql_mode', 'time_zone', 'system_time_zone', 'autocommit',
		'innodb_lock_wait_timeout', 'character_set_client', 'character_set_connection', 'character_set_results',
		'explicit_defaults_for_timestamp', 'tx_isolation', 'transaction_isolation', 'default_storage_engine')`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	live := session{}
	for rows.Next() {
		var name, v string
		if err := rows.Scan(&name, &v); err != nil {
			return nil, err
		}
		live[strings.ToLower(name)] = v
	}
	return live, rows.Err()
}

// wrong says what of the variables keeps sqlbun from being correct.
func (live session) wrong() string {
	mode := "," + live["sql_mode"] + ","
	switch {
	case strings.Contains(mode, ",NO_BACKSLASH_ESCAPES,"):
		// Text literals would end where an attacker wants them to.
		return "sql_mode has NO_BACKSLASH_ESCAPES"
	case !strings.Contains(mode, ",STRICT_ALL_TABLES,") && !strings.Contains(mode, ",STRICT_TRANS_TABLES,"):
		return "sql_mode is not strict, values would be cut silently"
	case !strings.EqualFold(live["default_storage_engine"], "InnoDB"):
		// Others have neither transactions nor references.
		return "default_storage_engine is not InnoDB"
	case !on(live["autocommit"]):
		return "autocommit is off"
	case !on(live["explicit_defaults_for_timestamp"]):
		return "the server has explicit_defaults_for_timestamp off, by which updates change dates; turn it on in its configuration"
	}
	zone := live["time_zone"]
	if strings.EqualFold(zone, "SYSTEM") {
		zone = live["system_time_zone"]
	}
	if zone != "+00:00" && !strings.EqualFold(zone, "UTC") {
		return "time_zone is not '+00:00'"
	}
	for _, name := range []string{"character_set_client", "character_set_connection", "character_set_results"} {
		if live[name] != "utf8mb4" {
			return name + " is not utf8mb4"
		}
	}
	isolation := live["transaction_isolation"]
	if isolation == "" {
		isolation = live["tx_isolation"]
	}
	if isolation != "READ-COMMITTED" {
		return "transactions are not READ COMMITTED"
	}
	wait, err := strconv.Atoi(live["innodb_lock_wait_timeout"])
	if err != nil || time.Duration(wait)*time.Second > maxLockTimeout {
		return fmt.Sprintf("innodb_lock_wait_timeout is above %s", maxLockTimeout)
	}
	return ""
}

func on(v string) bool { return v == "1" || strings.EqualFold(v, "ON") }

func database(ctx context.Context, conn *sql.Conn) (wrong string, err error) {
	var name sql.NullString
	if err := conn.QueryRowContext(ctx, "SELECT DATABASE()").Scan(&name); err != nil {
		return "", err
	}
	if name.String == "" {
		return "the data source names no database", nil
	}
	return "", nil
}

// dates looks at what the driver makes of one.
func dates(ctx context.Context, conn *sql.Conn) (wrong string, err error) {
	var raw any
	if err := conn.QueryRowContext(ctx, "SELECT CAST('2000-01-01 00:00:00' AS DATETIME)").Scan(&raw); err != nil {
		return "", err
	}
	if t, ok := raw.(time.Time); ok && !t.Equal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) {
		return "the driver reads dates in another zone than UTC (loc)", nil
	}
	return "", nil
}

// statements looks whether one string may hold two, which would make more of
// any mistake in quoting.
func statements(ctx context.Context, conn *sql.Conn) (wrong string, err error) {
	rows, err := conn.QueryContext(ctx, "SELECT 1; SELECT 2")
	if err != nil {
		if ctx.Err() != nil || number(err) == 0 {
			return "", err
		}
		return "", nil
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return "", err
	}
	return "the driver has multiStatements on", nil
}

// matches looks whether an update counts the rows that match or only those that
// change; only an update tells.
func matches(ctx context.Context, conn *sql.Conn) (wrong string, err error) {
	if _, err := conn.ExecContext(ctx, "CREATE TEMPORARY TABLE gatehouse_probe (n integer)"); err != nil {
		return "", err
	}
	defer func() {
		_, dropErr := conn.ExecContext(context.WithoutCancel(ctx), "DROP TEMPORARY TABLE gatehouse_probe")
		err = errors.Join(err, dropErr)
	}()
	if _, err := conn.ExecContext(ctx, "INSERT INTO gatehouse_probe VALUES (1)"); err != nil {
		return "", err
	}
	res, err := conn.ExecContext(ctx, "UPDATE gatehouse_probe SET n = 1")
	if err != nil {
		return "", err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		wrong = "updates do not count the rows that match (clientFoundRows)"
	}
	return wrong, err
}
