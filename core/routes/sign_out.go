package routes

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
)

// SignOutOutput tells that the client is signed out.
type SignOutOutput struct {
	Success bool `json:"success" doc:"Always true: what fails is an error"`
}

func (p *Plugin) setUpSignOut(s *core.Setup) {
	p.SignOut = core.Route(s, core.Endpoint[struct{}, SignOutOutput]{
		Method: http.MethodPost, Path: "/sign-out", OperationID: "signOut",
		Summary: "End the session of this client",
		Doc:     core.Doc{Success: "This client has no session any more"},
		Handle:  p.signOut,
	})
}

// signOut deletes the session and its cookies. A session that could not be
// deleted is an error, though the cookies go: upstream reports success and
// leaves a session alive that the user believes to be over.
func (p *Plugin) signOut(c *core.Ctx, _ struct{}) (*SignOutOutput, error) {
	token, signedIn := c.SignedCookie(c.CookieSpecs().SessionToken.Name)
	if err := c.DeleteSessionCookies(false); err != nil {
		return nil, err
	}
	if signedIn {
		if err := p.auth.Sessions().Delete(c.Context(), token); err != nil {
			return nil, err
		}
	}
	return &SignOutOutput{Success: true}, nil
}
