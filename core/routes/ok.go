package routes

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
)

// OKOutput says that the server answers.
type OKOutput struct {
	OK bool `json:"ok"`
}

func (p *Plugin) setUpOK(s *core.Setup) {
	p.OK = core.Route(s, core.Endpoint[struct{}, OKOutput]{
		Method: http.MethodGet, Path: "/ok", OperationID: "ok", Hidden: true,
		Summary: "Whether the server answers",
		Handle:  func(*core.Ctx, struct{}) (*OKOutput, error) { return &OKOutput{OK: true}, nil },
	})
}
