package manifests

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// caddy is the proxy itself, which deploy/setup test fetches.
func caddy(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	program, err := filepath.Abs("../../.build/caddy")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("caddy"); err != nil {
			t.Skip("caddy is not here; on Debian and Ubuntu deploy/setup test fetches it")
		}
	}
	home := t.TempDir()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
	return cmd
}

// TestCaddyfile: the proxy reads its file, speaks TLS, passes server-sent events on as they come, and says itself who asks, whatever they say of it.
func TestCaddyfile(t *testing.T) {
	check := caddy(t, "validate", "--adapter", "caddyfile", "--config", filepath.Join(compose, "Caddyfile"))
	check.Env = append(check.Env, "ORIENTIR_HOST=orientir.example.bg")
	if out, err := check.CombinedOutput(); err != nil {
		t.Fatalf("caddy validate: %v\n%s", err, out)
	}

	goOn := make(chan struct{})
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/stream" {
			fmt.Fprintf(w, "%s %s %s", r.Header.Get("X-Forwarded-For"), r.Header.Get("X-Forwarded-Proto"), r.Host)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: first\n\n")
		http.NewResponseController(w).Flush()
		<-goOn
		fmt.Fprint(w, "data: second\n\n")
	}))
	defer program.Close()
	text, err := os.ReadFile(filepath.Join(compose, "Caddyfile"))
	if err != nil {
		t.Fatal(err)
	}
	var ports [2]string
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, ports[i], _ = net.SplitHostPort(l.Addr().String())
		l.Close()
	}
	here := strings.Replace(string(text), "dynamic a orientir 8080 {\n\t\t\trefresh 5s\n\t\t}", "to "+program.Listener.Addr().String(), 1)
	if here == string(text) {
		t.Fatal("the Caddyfile finds the replicas in another way")
	}
	here = fmt.Sprintf("{\n\tadmin off\n\tskip_install_trust\n\tdefault_bind 127.0.0.1\n\thttp_port %s\n\thttps_port %s\n}\n", ports[0], ports[1]) + here
	file := filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(file, []byte(here), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := caddy(t, "run", "--adapter", "caddyfile", "--config", file)
	proxy.Env = append(proxy.Env, "ORIENTIR_HOST=localhost")
	var said bytes.Buffer
	proxy.Stdout, proxy.Stderr = &said, &said
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		proxy.Wait()
		close(ended)
	}()
	end := func() {
		proxy.Process.Kill()
		<-ended
	}
	defer end()
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{ServerName: "localhost", InsecureSkipVerify: true}}}
	get := func(path string, headers ...string) *http.Response {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://localhost:"+ports[1]+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			resp, err := client.Do(r)
			if err == nil {
				return resp
			}
			if time.Now().After(deadline) {
				end()
				t.Fatalf("the proxy doesn't answer: %v\n%s", err, &said)
			}
		}
	}
	who := get("/who", "X-Forwarded-For", "203.0.113.9")
	body, err := io.ReadAll(who.Body)
	who.Body.Close()
	if err != nil || string(body) != "127.0.0.1 https localhost:"+ports[1] || who.ProtoMajor != 2 {
		t.Errorf("by HTTP/%d the program hears %q, %v", who.ProtoMajor, body, err)
	}
	stream := get("/stream", "Accept-Encoding", "gzip, zstd")
	defer stream.Body.Close()
	lines := bufio.NewScanner(stream.Body)
	if !lines.Scan() || lines.Text() != "data: first" {
		t.Errorf("the stream says %q, %v", lines.Text(), lines.Err()) // gathered up it would say nothing until it ends
	}
	close(goOn)
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
}
