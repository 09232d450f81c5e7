package routes

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
)

// OKOutput says that the server answers.
type OKOutput struct {
	OK bool `json:"ok" doc:"Always true"`
}

func (p *Plugin) setUpOK(s *core.Setup) {
	p.OK = core.Route(s, core.Endpoint[struct{}, OKOutput]{
		Method: http.MethodGet, Path: "/ok", OperationID: "ok",
		Summary: "Whether the server answers",
		Doc:     core.Doc{Success: "The server answers"},
		Handle:  func(*core.Ctx, struct{}) (*OKOutput, error) { return &OKOutput{OK: true}, nil },
	})
}
