package racetest_test

import (
	"context"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// coupons is a plugin that sends codes which are good for one request.
type coupons struct {
	send func(ctx context.Context, to coupon) error
	// careless looks whether a code is good before it takes it away.
	careless bool

	redeemed func(context.Context, redeemInput) (bool, error) // set by Setup
}

type coupon struct{ Email, Code string }

var (
	couponPurpose = verification.Purpose{Prefix: "coupon-", Shape: verification.IsID}
	errNoCoupon   = core.NewError(http.StatusBadRequest, "NO_COUPON", "No such coupon")
)

func (p *coupons) ID() string { return "coupons" }

type (
	sendInput struct {
		Email string `json:"email"`
	}
	redeemInput struct {
		Code string `json:"code"`
	}
	done struct {
		Done bool `json:"done"`
	}
)

func (p *coupons) Setup(s *core.Setup) error {
	auth := s.Auth()
	p.redeemed = func(ctx context.Context, in redeemInput) (bool, error) {
		if !p.careless {
			_, ok, err := auth.Verifications().Redeem(ctx, couponPurpose, in.Code)
			return ok, err
		}
		_, ok, err := auth.Verifications().Find(ctx, couponPurpose, in.Code)
		if ok && err == nil {
			_, _, err = auth.Verifications().Redeem(ctx, couponPurpose, in.Code)
		}
		return ok, err
	}
	core.Route(s, core.Endpoint[sendInput, done]{
		Method: http.MethodPost, Path: "/coupons/send", OperationID: "sendCoupon", Summary: "Send a code",
		Handle: func(c *core.Ctx, in sendInput) (*done, error) {
			code := auth.RandomID(32)
			if _, err := auth.Verifications().Create(c.Context(), couponPurpose, code, in.Email, auth.Now().Add(time.Hour)); err != nil {
				return nil, err
			}
			c.Go("send a coupon", func(ctx context.Context) error { return p.send(ctx, coupon{in.Email, code}) })
			return &done{true}, nil
		},
	})
	core.Route(s, core.Endpoint[redeemInput, done]{
		Method: http.MethodPost, Path: "/coupons/redeem", OperationID: "redeemCoupon", Summary: "Redeem a code",
		Handle: func(c *core.Ctx, in redeemInput) (*done, error) {
			ok, err := p.redeemed(c.Context(), in)
			if err == nil && !ok {
				err = errNoCoupon
			}
			return &done{true}, err
		},
	})
	s.ErrorCodes(errNoCoupon)
	return nil
}
