package routes

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
)

// DeleteUserCallbackInput is what the link in a mail carries that asks whether
// the user is to be deleted.
type DeleteUserCallbackInput struct {
	Token       string  `query:"token" doc:"The token of the mail"`
	CallbackURL *string `query:"callbackURL" doc:"Where to go when the user is deleted"`
}

var (
	errDeletionLinkDisabled = core.NewError(http.StatusNotFound, "NOT_FOUND", "Not found")
	errNoUserInfo           = core.NewError(http.StatusNotFound, "FAILED_TO_GET_USER_INFO", "Failed to get user info")
)

func (p *Plugin) setUpDeleteUserCallback(s *core.Setup) {
	p.DeleteUserCallback = core.Route(s, core.Endpoint[DeleteUserCallbackInput, DeleteUserOutput]{
		Method: http.MethodGet, Path: "/delete-user/callback",
		Summary: "Delete the signed-in user whom the link was mailed to",
		Doc: core.Doc{
			Success: "The user is deleted",
			Answers: map[int]string{
				http.StatusFound:    "The user is deleted: on to the callback URL.",
				http.StatusNotFound: "Users cannot delete themselves here, nobody is signed in, or the token is not good for this user.",
			},
		},
		Handle: p.deleteUserCallback,
	})
	s.ErrorCodes(core.ErrInvalidCallbackURL, errDeletionLinkDisabled, errNoUserInfo, errNoDeletionToken, errUserKept)
}

func (p *Plugin) deleteUserCallback(c *core.Ctx, in DeleteUserCallbackInput) (*DeleteUserOutput, error) {
	target := valueOf(in.CallbackURL)
	if err := checkTarget(c, target); err != nil {
		return nil, err
	}
	if !p.auth.Options().User.DeleteUser.Enabled {
		return nil, errDeletionLinkDisabled
	}
	if err := core.RequireSensitiveSession(c); err != nil {
		return nil, noUserInfo(err)
	}
	err := p.deleteByToken(c, in.Token)
	if err == nil && target != "" {
		return nil, core.Redirect(target)
	}
	return userDeleted(noUserInfo(err))
}

// noUserInfo is upstream's word for being signed out, here.
func noUserInfo(err error) error {
	if errors.Is(err, core.ErrUnauthorized) {
		return errNoUserInfo
	}
	return err
}
