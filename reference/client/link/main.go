// Command link gives a user of a Gatehouse database one more way to sign in, as
// signing in with a provider does:
//
//	go run ./client/link <gatehouse.db> <user's id> <provider> <provider's id of the user> <scopes, with commas>
//
// It is for scenario.mjs, on a server that no provider is configured for.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/facade"
)

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: link <gatehouse.db> <user's id> <provider> <provider's id of the user> <scopes, with commas>")
		os.Exit(2)
	}
	scope := os.Args[5]
	err := link(context.Background(), os.Args[1], account.Account{
		UserID: os.Args[2], ProviderID: os.Args[3], AccountID: os.Args[4], Scope: &scope,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "link:", err)
		os.Exit(1)
	}
}

func link(ctx context.Context, file string, a account.Account) error {
	database, err := sqlite.Open(ctx, file, sqlite.Options{})
	if err != nil {
		return err
	}
	auth, err := gatehouse.New(gatehouse.Options{Database: database, Secret: "signs nothing: only a row is written"})
	if err != nil {
		return err
	}
	if _, err := auth.Accounts().Create(ctx, a); err != nil {
		return err
	}
	return database.Close(ctx)
}
