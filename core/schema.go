package core

import (
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// declaredModels are the core tables with their codecs.
type declaredModels struct {
	user         *db.Model[user.User]
	session      *db.Model[session.Session]
	account      *db.Model[account.Account]
	verification *db.Model[verification.Verification]
}

// declareTables declares the core tables in upstream's order, with the names
// that the options give them.
func (a *Auth) declareTables() (m declaredModels, errs []error) {
	var err [4]error
	m.user, err[0] = user.NewModel(a.now)
	m.session, err[1] = session.NewModel(a.now)
	m.account, err[2] = account.NewModel(a.now)
	m.verification, err[3] = verification.NewModel(a.now)
	if e := errors.Join(err[:]...); e != nil {
		return m, []error{e}
	}
	o := &a.opts
	for _, d := range []struct {
		option  string
		table   *db.Table
		name    string
		columns map[string]string
	}{
		{"user", m.user.Table, o.User.ModelName, o.User.Fields},
		{"session", m.session.Table, o.Session.ModelName, o.Session.Fields},
		{"account", m.account.Table, o.Account.ModelName, o.Account.Fields},
		{"verification", m.verification.Table, o.Verification.ModelName, o.Verification.Fields},
	} {
		errs = append(errs, a.tables.add(d.table), a.tables.rename(d.option, d.table.Model, d.name, d.columns))
	}
	if e := errors.Join(errs...); e != nil {
		return m, errs
	}
	return m, nil
}

// addFields declares the additional fields of the options: behind those of the
// plugins, as upstream orders columns and answers.
func (a *Auth) addFields() (errs []error) {
	o := &a.opts
	for _, d := range []struct {
		model  string
		fields []Field
	}{
		{user.ModelName, o.User.AdditionalFields},
		{session.ModelName, o.Session.AdditionalFields},
		{account.ModelName, o.Account.AdditionalFields},
		{verification.ModelName, o.Verification.AdditionalFields},
	} {
		for _, f := range d.fields {
			if err := a.tables.extend(d.model, []*db.Field{&f}); err != nil {
				errs = append(errs, fmt.Errorf("%s.additionalFields: %w", d.model, err))
			}
		}
	}
	return errs
}
