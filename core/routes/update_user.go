package routes

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// UpdateUserInput is the body of POST /update-user: what is to change. What is
// left out stays.
type UpdateUserInput struct {
	Name  *string           `json:"name" doc:"What the user is called"`
	Image input.Opt[string] `json:"image" doc:"URL of a picture of the user; null takes it away"`
	// Rest holds the additional fields of the user.
	Rest *wire.Object `json:",rest,record"`
}

var (
	errEmailFixed  = core.NewError(http.StatusBadRequest, "EMAIL_CAN_NOT_BE_UPDATED", "Email can not be updated")
	errNothingToDo = core.NewError(http.StatusBadRequest, "", "No fields to update")
)

func (p *Plugin) setUpUpdateUser(s *core.Setup) {
	p.UpdateUser = core.Route(s, core.Endpoint[UpdateUserInput, StatusOutput]{
		Method: http.MethodPost, Path: "/update-user", OperationID: "updateUser",
		Summary: "Change what the signed-in user is called and looks like, and additional fields",
		Doc:     core.Doc{Success: "The user has changed", Updates: user.ModelName},
		// Past the cookie cache: the answer writes it anew, and a session that was
		// revoked could keep itself alive that way.
		Use:    []core.Middleware{p.beyondCache(false)},
		Handle: p.updateUser,
	})
	s.ErrorCodes(core.ErrUnauthorized, core.ErrBodyMustBeObject, core.ErrFieldNotAllowed, core.ErrMissingField,
		errEmailFixed, errNothingToDo, core.ErrUpdateUser)
}

func (p *Plugin) updateUser(c *core.Ctx, in UpdateUserInput) (*StatusOutput, error) {
	if address, _ := in.Rest.Get("email"); wire.Truthy(address) {
		return nil, errEmailFixed
	}
	added, err := p.auth.ParseUpdate(user.ModelName, in.Rest)
	if err != nil {
		return nil, err
	}
	set := db.Row(added)
	if in.Name != nil {
		set["name"] = *in.Name
	}
	if in.Image.Set {
		set["image"] = nil
		if image, ok := in.Image.Get(); ok {
			set["image"] = image
		}
	}
	if len(set) == 0 {
		return nil, errNothingToDo
	}
	current := *c.Session()
	changed, ok, err := p.auth.Users().Update(c.Context(), current.User.ID, set)
	switch {
	case err != nil:
		return nil, updateUserError(err)
	case ok:
		current.User = changed
	case p.auth.SessionsInCookies():
		current = withChangedUser(current, set)
	default:
		return nil, p.signedOut(c) // deleted since the session was read
	}
	if err := c.RefreshSessionCookies(current); err != nil {
		return nil, err
	}
	return &StatusOutput{Status: true}, nil
}

// updateUserError words a change that was not made: 400 when a database hook
// stopped it, 422 when another user has a value that must be unique.
func updateUserError(err error) error {
	if !errors.Is(err, db.ErrHook) && errors.Is(err, db.ErrUnique) {
		return core.ErrUpdateUser.WithStatus(http.StatusUnprocessableEntity).WithCause(err)
	}
	return stopped(err, core.ErrUpdateUser)
}
