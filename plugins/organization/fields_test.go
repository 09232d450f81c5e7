package organization_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
)

func TestFieldsOfTheApplicationsOwnAreLookedAt(t *testing.T) {
	small := core.Field{Name: "size", Type: db.Number, Validate: func(v any) (any, error) {
		if fmt.Sprint(v) == "7" {
			return v, nil
		}
		return nil, errors.New("it must be 7")
	}}
	w := server(t, func(o *organization.Options, _ *core.Options) {
		o.Schema.Organization.AdditionalFields = []core.Field{small, {Name: "level", Type: db.Number, Nullable: true, NotInput: true}}
	})
	ann := w.person("ann")
	for _, tt := range []struct {
		size any
		want string
	}{{"7", "400 VALIDATION_ERROR"}, {8, "400 VALIDATION_ERROR"}, {nil, "400 VALIDATION_ERROR"}, {7, "200"}} {
		w.want(tt.want, ann.Post("/organization/create", map[string]any{"name": "Acme", "slug": "acme", "size": tt.size, "level": 9}))
	}
	w.want("400 VALIDATION_ERROR", ann.Post("/organization/create", map[string]any{"name": "More", "slug": "more"}))
	for _, size := range []any{"7", 8, nil} {
		w.want("400 VALIDATION_ERROR", ann.Post("/organization/update", map[string]any{"data": map[string]any{"size": size}}))
	}
	w.want("200", ann.Post("/organization/update", map[string]any{"data": map[string]any{"level": 9}}))
	for _, row := range w.rows("organization") {
		if row["level"] != nil {
			t.Errorf("a client has set what is not a client's: %v", row["level"])
		}
	}
}
