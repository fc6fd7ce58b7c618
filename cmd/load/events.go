package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strings"
	"time"
)

// heardOf is how much of an event's data is looked at: who speaks stands at its beginning.
const heardOf = 192

// eventStream reads server-sent events over a connection of its own and keeps next to nothing in memory: there are ten thousand of them.
type eventStream struct {
	conn net.Conn
	body io.Reader
	last string // id of the last event that had one, as a browser keeps it for Last-Event-ID; for who follows
}

// openStream asks for a stream from the nth address and reads the head of the answer. header lines end with \r\n.
func openStream(ctx context.Context, n int, base, path, header string) (*eventStream, error) {
	address := strings.TrimPrefix(base, "http://")
	conn, err := dialer(n).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n%s\r\n", path, address, header); err != nil {
		conn.Close()
		return nil, err
	}
	r := bufio.NewReaderSize(conn, 512)
	status := ""
	for line := ""; line != "\r\n"; {
		if line, err = r.ReadString('\n'); err != nil {
			conn.Close()
			return nil, err
		}
		if status == "" {
			status = strings.TrimSpace(line)
		}
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200") {
		conn.Close()
		return nil, errors.New(strings.TrimPrefix(status, "HTTP/1.1 "))
	}
	_ = conn.SetDeadline(time.Time{})
	return &eventStream{conn: conn, body: httputil.NewChunkedReader(r)}, nil
}

// follow gives each event and the beginning of its data, until the stream ends or is closed.
func (s *eventStream) follow(take func(event string, data []byte)) error {
	buffer := make([]byte, 1024)
	line := make([]byte, 0, heardOf)
	event, data := "", make([]byte, 0, heardOf)
	for {
		n, err := s.body.Read(buffer)
		for part := buffer[:n]; len(part) > 0; {
			end := bytes.IndexByte(part, '\n')
			text := part
			if end >= 0 {
				text = part[:end]
			}
			line = append(line, text[:min(len(text), heardOf-len(line))]...)
			if end < 0 {
				break
			}
			part = part[end+1:]
			field, value, _ := bytes.Cut(line, []byte(": "))
			switch string(field) {
			case "id":
				s.last = string(value)
			case "event":
				event = string(value)
			case "data":
				data = append(data[:0], value...)
			case "":
				if event != "" {
					take(event, data)
				}
				event = ""
			}
			line = line[:0]
		}
		if err != nil {
			return err
		}
	}
}

func (s *eventStream) close() { s.conn.Close() }
