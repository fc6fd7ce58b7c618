package postgres

import (
	"context"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// How long a server may keep silent. All together are less than the ten seconds in which another one is to be in use.
const (
	connectWait     = 10 * time.Second // for a server to take a connection
	connectWaitEach = 3 * time.Second  // where there is another to try
	pingWait        = 2 * time.Second  // for an idle connection to show that it lives
	silentWait      = 5 * time.Second  // for a machine to confirm that it got what was sent
)

// failOver makes the connections of a pool notice that their server is gone, and where the address names several servers, go to
// the one that writes: target_session_attrs in the address wins. A server that writes no more, as after a planned change of roles, is left too.
func failOver(config *pgxpool.Config) {
	config.ConnConfig.DialFunc = dialer().DialContext
	if config.PingTimeout == 0 {
		config.PingTimeout = pingWait
	}
	several := len(servers(config.ConnConfig)) > 1
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectWait
		if several {
			config.ConnConfig.ConnectTimeout = connectWaitEach
		}
	}
	if !several {
		return // a single server that only reads for a while can still be read from
	}
	if config.ConnConfig.ValidateConnect == nil {
		config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	config.PrepareConn = func(_ context.Context, conn *pgx.Conn) (bool, error) {
		// Servers tell of these by themselves, with the answer to whatever was asked last.
		return conn.PgConn().ParameterStatus("default_transaction_read_only") != "on" && conn.PgConn().ParameterStatus("in_hot_standby") != "on", nil
	}
}

// servers are the addresses that a configuration names. With and without TLS one is named twice.
func servers(config *pgx.ConnConfig) []string {
	list := []string{address(config.Host, config.Port)}
	for _, f := range config.Fallbacks {
		if a := address(f.Host, f.Port); !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

func address(host string, port uint16) string {
	_, a := pgconn.NetworkAddress(host, port)
	return a
}

// dialer finds out within seconds that a machine is gone without a word: by questions on a quiet connection, and where nobody
// confirms what was sent.
func dialer() *net.Dialer {
	return &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 3 * time.Second, Interval: time.Second, Count: 3},
		Control:         giveUpSilent,
	}
}
