package routes

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
)

func (p *Plugin) setUpListAccounts(s *core.Setup) {
	p.ListAccounts = core.Route(s, core.Endpoint[struct{}, []account.Summary]{
		Method: http.MethodGet, Path: "/list-accounts", OperationID: "listUserAccounts",
		Summary: "The ways in which the signed-in user can sign in",
		Doc:     core.Doc{Success: "The accounts, without tokens and passwords"},
		Use:     []core.Middleware{core.RequireSession},
		Handle:  p.listAccounts,
	})
	s.ErrorCodes(core.ErrUnauthorized)
}

func (p *Plugin) listAccounts(c *core.Ctx, _ struct{}) (*[]account.Summary, error) {
	limit := p.auth.Options().Advanced.Database.DefaultFindManyLimit
	linked, err := p.auth.Accounts().List(c.Context(), c.Session().User.ID, limit)
	if err != nil {
		return nil, err
	}
	out := make([]account.Summary, len(linked))
	for i, a := range linked {
		out[i] = p.auth.Accounts().Output(a)
	}
	return &out, nil
}
