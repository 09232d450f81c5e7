//go:build gatehouse_mysql || gatehouse_full

package database

import "github.com/gatehouse-auth/gatehouse/facade/database/mysql"

func linkedMySQL() SQLDriver { return mysql.Open }
