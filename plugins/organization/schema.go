package organization

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// The names of the models, as upstream's.
const (
	modelOrganization = "organization"
	modelMember       = "member"
	modelInvitation   = "invitation"
	modelTeam         = "team"
	modelTeamMember   = "teamMember"
	modelRole         = "organizationRole"
)

// The fields of the session that the plugin adds.
const (
	activeOrganization = "activeOrganizationId"
	activeTeam         = "activeTeamId"
)

// Organization is one of them. Metadata is JSON as text. Extra, here and in the
// other records, holds the fields that options and plugins add.
type Organization struct {
	ID        string         `db:"id"`
	Name      string         `db:"name,sortable"`
	Slug      string         `db:"slug,unique,sortable,index"`
	Logo      *string        `db:"logo"`
	CreatedAt time.Time      `db:"createdAt"`
	Metadata  *string        `db:"metadata"`
	Extra     map[string]any `db:",extra"`
	db.Returned
}

// MarshalJSON encodes what an answer carries, the metadata as text.
func (o Organization) MarshalJSON() ([]byte, error) { return db.MarshalRecord(o) }

// Member is a user's membership. Role is one role or several with commas between.
type Member struct {
	ID             string         `db:"id"`
	OrganizationID string         `db:"organizationId,index,ref=organization"`
	UserID         string         `db:"userId,index,ref=user"`
	Role           string         `db:"role,sortable,default=member"`
	CreatedAt      time.Time      `db:"createdAt"`
	Extra          map[string]any `db:",extra"`
	db.Returned
}

// MarshalJSON encodes what an answer carries.
func (m Member) MarshalJSON() ([]byte, error) { return db.MarshalRecord(m) }

// The states of an invitation. One that is pending can also have expired.
const (
	StatusPending  = "pending"
	StatusAccepted = "accepted"
	StatusRejected = "rejected"
	StatusCanceled = "canceled"
)

// Invitation asks whoever has an address to become a member. TeamID names the teams
// that it leads into, with commas between; an answer has it where there are teams.
type Invitation struct {
	ID             string         `db:"id"`
	OrganizationID string         `db:"organizationId,index,ref=organization"`
	Email          string         `db:"email,sortable,index"` // lower case
	Role           *string        `db:"role,sortable"`
	TeamID         *string        `db:"teamId,sortable"`
	Status         string         `db:"status,sortable,default=pending"`
	ExpiresAt      time.Time      `db:"expiresAt"`
	CreatedAt      time.Time      `db:"createdAt,now"`
	InviterID      string         `db:"inviterId,ref=user"`
	Extra          map[string]any `db:",extra"`
	db.Returned

	teamless bool // the server has no teams: set on the way out
}

// MarshalJSON encodes what an answer carries.
func (i Invitation) MarshalJSON() ([]byte, error) { return wire.Marshal(i.Object()) }

// Object is what an answer carries.
func (i Invitation) Object() *wire.Object {
	o := db.RecordObject(i)
	if i.teamless {
		o.Delete("teamId")
	}
	return o
}

// Team is a part of an organization.
type Team struct {
	ID             string         `db:"id"`
	Name           string         `db:"name"`
	MemberCount    int64          `db:"memberCount,noinput,noreturn,default=0,backfill"` // 1.7 counts with it
	OrganizationID string         `db:"organizationId,index,ref=organization"`
	CreatedAt      time.Time      `db:"createdAt"`
	UpdatedAt      *time.Time     `db:"updatedAt,touch"`
	Extra          map[string]any `db:",extra"`
	db.Returned
}

// MarshalJSON encodes what an answer carries.
func (t Team) MarshalJSON() ([]byte, error) { return db.MarshalRecord(t) }

// TeamMember is a member's place in a team.
type TeamMember struct {
	ID            string         `db:"id"`
	TeamID        string         `db:"teamId,index,ref=team"`
	UserID        string         `db:"userId,index,ref=user"`
	MembershipKey *string        `db:"membershipKey,unique,noinput,noreturn"` // see membershipKey; rows of 1.6.9 have none
	CreatedAt     *time.Time     `db:"createdAt"`
	Extra         map[string]any `db:",extra"`
	db.Returned
}

// MarshalJSON encodes what an answer carries.
func (m TeamMember) MarshalJSON() ([]byte, error) { return db.MarshalRecord(m) }

// OrganizationRole is a role of an organization's own. Permission is JSON as text:
// actions by resource.
type OrganizationRole struct { //nolint:revive // the name of the model, by which the OpenAPI document finds it
	ID             string         `db:"id"`
	OrganizationID string         `db:"organizationId,index,ref=organization"`
	Role           string         `db:"role,index"`
	Permission     string         `db:"permission"`
	CreatedAt      time.Time      `db:"createdAt,now"`
	UpdatedAt      *time.Time     `db:"updatedAt,touch"`
	Extra          map[string]any `db:",extra"`
	db.Returned
}

// MarshalJSON encodes what an answer carries, the permission as an object.
func (r OrganizationRole) MarshalJSON() ([]byte, error) {
	o := db.RecordObject(r)
	permission, err := wire.Decode([]byte(r.Permission), wire.Limits{})
	if err != nil {
		return nil, err
	}
	o.Set("permission", permission)
	return wire.Marshal(o)
}

// Schema is the option schema: names of tables and columns, and fields of the
// application's own.
type Schema struct {
	Session          core.FieldNames  `opt:"session"`
	Organization     core.ModelSchema `opt:"organization"`
	Member           core.ModelSchema `opt:"member"`
	Invitation       core.ModelSchema `opt:"invitation"`
	Team             core.ModelSchema `opt:"team"`
	TeamMember       core.TableNames  `opt:"teamMember"`
	OrganizationRole core.ModelSchema `opt:"organizationRole"`
}

// declare declares the tables in upstream's order, and the stores of them.
func (p *Plugin) declare(s *core.Setup) error {
	o, now := &p.opts, p.auth.Now
	if err := declareTable(s, &p.organizations.table, modelOrganization, now, o.Schema.Organization); err != nil {
		return err
	}
	if o.DynamicAccessControl.Enabled {
		if err := declareTable(s, &p.roles.table, modelRole, now, o.Schema.OrganizationRole); err != nil {
			return err
		}
	}
	if o.Teams.Enabled {
		if err := declareTable(s, &p.teams.table, modelTeam, now, o.Schema.Team); err != nil {
			return err
		}
		if err := declareTable(s, &p.teamMembers.table, modelTeamMember, now, o.Schema.TeamMember.Schema()); err != nil {
			return err
		}
	}
	if err := declareTable(s, &p.members.table, modelMember, now, o.Schema.Member); err != nil {
		return err
	}
	if err := declareTable(s, &p.invitations.table, modelInvitation, now, o.Schema.Invitation); err != nil {
		return err
	}
	// NotInput: it is set where the membership has been looked at, and nowhere else.
	s.ExtendTable(session.ModelName, &db.Field{Name: activeOrganization, Type: db.String, Nullable: true, NotInput: true})
	if o.Teams.Enabled {
		s.ExtendTable(session.ModelName, &db.Field{Name: activeTeam, Type: db.String, Nullable: true, NotInput: true})
	}
	s.Schema(session.ModelName, o.Schema.Session.Schema())
	return nil
}

func declareTable[T any](s *core.Setup, t *table[T], model string, now func() time.Time, o core.ModelSchema) error {
	m, err := db.NewModel[T](model, now)
	if err != nil {
		return err
	}
	*t = table[T]{auth: s.Auth(), model: m}
	s.Table(m.Table)
	s.Schema(model, o)
	return nil
}
