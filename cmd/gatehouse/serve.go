package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/delivery"
	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/outbox"
	"github.com/gatehouse-auth/gatehouse/cmd/gatehouse/server"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

const defaultAddr = "localhost:3000"

type serveCommand struct {
	Config     string        `required:"" short:"c" placeholder:"FILE" help:"Configuration, YAML or JSON."`
	Addr       string        `placeholder:"HOST:PORT" help:"Address to listen on; overrides server.addr (localhost:3000)."`
	Dev        bool          `help:"For development: schema made at start, mail kept in an outbox, start page at /, no rate limits."`
	DrainDelay time.Duration `placeholder:"DURATION" help:"How long to go on accepting after /readyz has turned 503, for load balancers that poll."`
}

// Run serves until a signal comes.
func (c *serveCommand) Run(ctx context.Context, t *terminal) error {
	ctx, stop := signals(ctx)
	defer stop()
	if c.DrainDelay < 0 {
		return &usageError{errors.New("--drain-delay must not be negative")}
	}
	var box *outbox.Outbox
	if c.Dev {
		box = &outbox.Outbox{}
	}
	cfg, err := c.load(box)
	if err != nil {
		return err
	}
	cfg.Options.Production = !c.Dev
	log := logger(t.err, cfg)
	s, err := open(ctx, cfg, box, func(err error) { log.Warn("waiting for an answer", "error", err) })
	if err != nil {
		return err
	}
	defer s.close()
	if err := c.prepare(ctx, s); err != nil {
		return err
	}
	listeners, err := server.Listen(ctx, c.address(cfg))
	if err != nil {
		return err
	}
	defer closeAll(listeners)
	if c.Dev {
		for _, addr := range exposed(listeners) {
			log.Warn("this address "+exposure, "address", addr)
		}
	}
	for _, l := range listeners {
		log.Info("listening", "address", l.Addr().String(), "production", !c.Dev)
	}
	err = s.run(ctx, listeners, server.Config{
		Log: log, ShutdownTimeout: cfg.Server.ShutdownTimeout, DrainDelay: c.DrainDelay,
		HeaderTimeout: cfg.Server.ReadHeaderTimeout, BodyTimeout: cfg.Server.BodyTimeout,
	})
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// load reads the configuration and connects its senders with the outbox or
// with the server's delivery.
func (c *serveCommand) load(box *outbox.Outbox) (*config.Config, error) {
	var deliver config.Deliver
	cfg, err := config.Load(c.Config, config.Source{
		Env: os.LookupEnv,
		// What the file says about delivery is known only when it has been read.
		Deliver: func(ctx context.Context, m config.Message) error { return deliver(ctx, m) },
	})
	if err != nil {
		return nil, &configError{err}
	}
	if box != nil {
		deliver = box.Deliver
		return cfg, nil
	}
	if deliver, err = production(cfg); err != nil {
		return nil, &configError{err}
	}
	return cfg, nil
}

// production makes the delivery that the configuration asks for; nil when
// nothing is ever sent.
func production(cfg *config.Config) (config.Deliver, error) {
	var sender delivery.Sender
	var err error
	smtp, webhook := cfg.Server.SMTP, cfg.Server.Webhook
	switch {
	case smtp != nil:
		sender, err = delivery.NewSMTP(delivery.SMTPConfig{
			Host: smtp.Host, Port: smtp.Port, Username: smtp.Username, Password: smtp.Password, From: smtp.From, TLS: smtp.TLS, AppName: cfg.Options.AppName,
		})
	case webhook != nil:
		sender, err = delivery.NewWebhook(delivery.WebhookConfig{URL: webhook.URL, Secret: webhook.Secret})
	case len(cfg.Senders) > 0:
		return nil, fmt.Errorf("%s: there is nothing to send with; configure server.smtp or server.webhook, or use --dev", strings.Join(cfg.Senders, ", "))
	default:
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	return delivery.Deliver(sender), nil
}

// prepare makes the schema in development, and wants it complete otherwise.
func (c *serveCommand) prepare(ctx context.Context, s *service) error {
	if c.Dev {
		_, err := s.migrate(ctx, nil)
		return err
	}
	plan, err := s.plan(ctx)
	if err != nil {
		return err
	}
	if plan.Empty() {
		return nil
	}
	return fmt.Errorf("the database is not ready:\n%srun `gatehouse migrate --config %s` first", describe(plan), c.Config)
}

func (c *serveCommand) address(cfg *config.Config) string {
	switch {
	case c.Addr != "":
		return c.Addr
	case cfg.Server.Addr != "":
		return cfg.Server.Addr
	}
	return defaultAddr
}

// logger makes the server's log, JSON lines unless configured, and has core
// write to it at the configured level. What the server says about itself is
// always there.
func logger(w io.Writer, cfg *config.Config) *slog.Logger {
	handler := func(level slog.Level) slog.Handler {
		o := &slog.HandlerOptions{Level: level}
		if cfg.Server.LogFormat == "text" {
			return slog.NewTextHandler(w, o)
		}
		return slog.NewJSONHandler(w, o)
	}
	level := slog.LevelWarn
	_ = level.UnmarshalText([]byte(cfg.Options.Logger.Level)) // core refuses other words
	cfg.Options.Logger.Handler = handler(level)
	return slog.New(handler(slog.LevelInfo))
}
