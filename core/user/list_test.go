package user_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// crowd is a server with six users, each a minute younger than the one before.
func crowd(t *testing.T, configure ...func(*core.Options)) *authtest.Server {
	t.Helper()
	s := authtest.New(t, append([]func(*core.Options){func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{
			{Name: "plan", Type: db.String, Nullable: true},
			{Name: "note", Type: db.String, Nullable: true, NotReturned: true},
		}
	}}, configure...)...)
	for _, u := range []user.User{
		{Name: "Ann", Email: "ann@example.com", EmailVerified: true, Extra: map[string]any{"plan": "gold"}},
		{Name: "50% off", Email: "off@example.com", Extra: map[string]any{"plan": "100%"}},
		{Name: "under_score", Email: "under@example.com"},
		{Name: "underXscore", Email: "cross@example.com", Extra: map[string]any{"plan": "gold", "note": "hush"}},
		{Name: `back\slash`, Email: "back@example.com"},
		{Name: "ANN", Email: "anna@example.org"},
	} {
		if _, err := s.Users().Create(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(time.Minute)
	}
	return s
}

func namesOf(users []user.User) string {
	list := make([]string, len(users))
	for i, u := range users {
		list[i] = u.Name
	}
	return strings.Join(list, ", ")
}

var byAge = db.Order{Field: "createdAt"}

func TestList(t *testing.T) {
	s := crowd(t)
	contains := func(text string) db.Where { return db.Where{{Field: "name", Op: db.Contains, Value: text}} }
	for name, tc := range map[string]struct {
		query user.Query
		want  string
	}{
		"everybody":                        {user.Query{}, `Ann, 50% off, under_score, underXscore, back\slash, ANN`},
		"the youngest first":               {user.Query{SortBy: db.Order{Field: "createdAt", Desc: true}, Limit: 2}, `ANN, back\slash`},
		"the second page":                  {user.Query{Limit: 2, Offset: 2}, "under_score, underXscore"},
		"beyond the end":                   {user.Query{Offset: 6}, ""},
		"a percent sign is itself":         {user.Query{Where: contains("%")}, "50% off"},
		"an underscore is itself":          {user.Query{Where: contains("r_s")}, "under_score"},
		"a backslash is itself":            {user.Query{Where: contains(`\`)}, `back\slash`},
		"a pattern is no pattern":          {user.Query{Where: contains("%n%")}, ""},
		"capitals count":                   {user.Query{Where: contains("ann")}, ""},
		"unless they are not to":           {user.Query{Where: db.Where{{Field: "name", Op: db.Eq, Value: "ann", Fold: true}}}, "Ann, ANN"},
		"the start of an address":          {user.Query{Where: db.Where{{Field: "email", Op: db.StartsWith, Value: "ann"}}}, "Ann, ANN"},
		"the end of an address":            {user.Query{Where: db.Where{{Field: "email", Op: db.EndsWith, Value: ".org"}}}, "ANN"},
		"two conditions":                   {user.Query{Where: db.Where{db.By("plan", "gold"), db.By("emailVerified", false)}}, "underXscore"},
		"one of two":                       {user.Query{Where: db.Where{{Any: []db.Where{{db.By("plan", "100%")}, {db.By("name", "ANN")}}}}}, "50% off, ANN"},
		"a field that is not returned":     {user.Query{Where: db.Where{db.By("note", "hush")}}, "underXscore"},
		"who was there before a moment":    {user.Query{Where: db.Where{{Field: "createdAt", Op: db.Lt, Value: authtest.Start.Add(time.Minute)}}}, "Ann"},
		"what an injection would look for": {user.Query{Where: db.Where{db.By("name", `' OR '1'='1`)}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.query.SortBy.Field == "" {
				tc.query.SortBy = byAge
			}
			got, err := s.Users().List(t.Context(), tc.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, namesOf(got)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if tc.query.Limit == 0 && tc.query.Offset == 0 {
				n, err := s.Users().Count(t.Context(), tc.query.Where)
				if err != nil || int(n) != len(got) {
					t.Errorf("counted %d of %d, %v", n, len(got), err)
				}
			}
		})
	}
}

// Users of equal value keep one order, so that pages do not overlap.
func TestPagesOfUsersOfEqualValue(t *testing.T) {
	s := crowd(t)
	all, err := s.Users().List(t.Context(), user.Query{SortBy: db.Order{Field: "emailVerified"}})
	if err != nil {
		t.Fatal(err)
	}
	var paged []user.User
	for offset := range len(all) {
		page, err := s.Users().List(t.Context(), user.Query{SortBy: db.Order{Field: "emailVerified"}, Limit: 1, Offset: offset})
		if err != nil {
			t.Fatal(err)
		}
		paged = append(paged, page...)
	}
	if diff := cmp.Diff(namesOf(all), namesOf(paged)); diff != "" {
		t.Errorf("-all +paged\n%s", diff)
	}
	for i := 1; i < len(all); i++ {
		if all[i-1].EmailVerified == all[i].EmailVerified && all[i-1].ID > all[i].ID {
			t.Errorf("%s comes before %s", all[i-1].ID, all[i].ID)
		}
	}
}

func TestListsOfUsersAreBounded(t *testing.T) {
	for _, tc := range []struct{ option, limit, want int }{{0, 0, 6}, {4, 0, 4}, {4, 3, 3}, {4, 1e9, 4}, {4, 4, 4}} {
		s := crowd(t, func(o *core.Options) { o.Advanced.Database.DefaultFindManyLimit = tc.option })
		got, err := s.Users().List(t.Context(), user.Query{Limit: tc.limit})
		if err != nil || len(got) != tc.want {
			t.Errorf("with the option at %d and a limit of %d: %d users, %v", tc.option, tc.limit, len(got), err)
		}
	}
	s := authtest.New(t)
	for i := range 101 {
		if _, err := s.Users().Create(t.Context(), user.User{Name: "N", Email: fmt.Sprintf("n%d@example.com", i)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, store := range []*user.Store{s.Users(), user.NewStore(s.Store(), model(t, s))} {
		if got, err := store.List(t.Context(), user.Query{}); err != nil || len(got) != 100 {
			t.Errorf("%d users, %v", len(got), err)
		}
	}
}

func model(t *testing.T, s *authtest.Server) *db.Model[user.User] {
	t.Helper()
	m, err := user.NewModel(s.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	m.Table = s.Users().Table()
	return m
}

func TestQueriesThatUsersHaveNoAnswerTo(t *testing.T) {
	s := crowd(t)
	for name, q := range map[string]user.Query{
		"an unknown field":              {Where: db.Where{db.By("role", "admin")}},
		"a column that is another's":    {Where: db.Where{db.By("password", "x")}},
		"a field that is SQL":           {Where: db.Where{db.By(`id" OR 1=1 --`, "x")}},
		"no field":                      {Where: db.Where{db.By("", "x")}},
		"an unknown field among others": {Where: db.Where{{Any: []db.Where{{db.By("name", "Ann")}, {db.By("token", "x")}}}}},
		"an unknown field to sort by":   {SortBy: db.Order{Field: "password"}},
		"SQL to sort by":                {SortBy: db.Order{Field: "id; DROP TABLE user"}},
		"a negative limit":              {Limit: -1},
		"a negative offset":             {Offset: -1},
	} {
		if got, err := s.Users().List(t.Context(), q); !errors.Is(err, user.ErrQuery) || got != nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
		if len(q.Where) == 0 {
			continue
		}
		if _, err := s.Users().Count(t.Context(), q.Where); !errors.Is(err, user.ErrQuery) {
			t.Errorf("%s: count: %v", name, err)
		}
	}
}

// What comes back is the record; what leaves the server goes through Output.
func TestListedUsersAreRecords(t *testing.T) {
	s := crowd(t)
	got, err := s.Users().List(t.Context(), user.Query{Where: db.Where{db.By("note", "hush")}})
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	if got[0].Extra["note"] != "hush" || s.Users().Output(got[0]).Extra["note"] != nil {
		t.Errorf("got %v", got[0].Extra)
	}
}
