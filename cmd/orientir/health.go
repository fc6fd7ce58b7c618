package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// healthTimeout bounds the question: a server that needs longer is not well.
const healthTimeout = 5 * time.Second

// healthCommand asks the server on this machine how it is: an image without a shell has nothing else to ask with.
func healthCommand(env func(string) string) *cobra.Command {
	var ready bool
	c := &cobra.Command{
		Use:   "health [--ready]",
		Short: "Пита сървъра на тази машина жив ли е; за проверки на контейнери",
		Long: `Пита /healthz на адреса от ORIENTIR_ADDR и излиза с код 0, ако сървърът е жив. С --ready пита /readyz:
отговаря ли вече на въпроси.`,
		Args: takes(false),
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := LoadConfig(env)
			if err != nil {
				return err
			}
			path := "/healthz"
			if ready {
				path = "/readyz"
			}
			ctx, cancel := context.WithTimeout(c.Context(), healthTimeout)
			defer cancel()
			said, err := askHealth(ctx, config.Addr, path)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), said)
			return err
		},
	}
	c.Flags().BoolVar(&ready, "ready", false, "отговаря ли вече на въпроси")
	return c
}

// askHealth gives the server's own word, or as an error why it is not well.
func askHealth(ctx context.Context, addr, path string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("read the address %q: %w", addr, err)
	}
	switch host { // who listens on all addresses is asked on this machine's own
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req) // no proxy stands between
	if err != nil {
		return "", fmt.Errorf("сървърът не отговаря: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1000))
	if err != nil {
		return "", fmt.Errorf("сървърът не отговаря: %w", err)
	}
	said := strings.TrimSpace(string(body))
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("сървърът казва %d: %s", resp.StatusCode, said)
	}
	return said, nil
}
