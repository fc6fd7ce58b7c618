package manifests

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
)

// password is what the secrets hold; a space or a quote in it is none that `openssl rand -hex` makes.
const password = "8c1f0d7e"

// pod is where what a container runs can be run here: the folders that it has, the programs that it calls with Redis in Valkey's place, and an address
// of its own beside which nobody listens on its ports.
type pod struct {
	t        *testing.T
	name, ip string
	folder   string
}

// redisPods gives pods on addresses of this machine alone, which know each other by the names that the headless service gives them.
func redisPods(t *testing.T, n int) (pods []*pod) {
	t.Helper()
	server, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not here: deploy/setup test installs it")
	}
	if out, err := exec.Command("unshare", slices.Concat(apart(), []string{"true"})...).CombinedOutput(); err != nil {
		t.Skipf("no folders can be put in the place of others here: %v %s", err, out)
	}
	var hosts strings.Builder
	for i := range n {
		p := &pod{t: t, name: fmt.Sprintf("orientir-redis-%d", i), folder: t.TempDir()}
		for p.ip = ""; p.ip == ""; {
			ip := fmt.Sprintf("127.%d.%d.%d", 1+os.Getpid()%250, 1+time.Now().Nanosecond()%250, 10+i)
			if free(ip, "6379") && free(ip, "26379") {
				p.ip = ip
			}
		}
		fmt.Fprintf(&hosts, "%s %s.orientir-redis\n", p.ip, p.name)
		pods = append(pods, p)
	}
	for _, p := range pods {
		for file, text := range map[string]string{
			"bin/valkey-server": fmt.Sprintf("#!/bin/sh\nexec %s \"$@\" --bind %s\n", server, p.ip),
			"bin/valkey-cli":    fmt.Sprintf("#!/bin/sh\nexec redis-cli -h %s \"$@\"\n", p.ip), // a later -h counts
			"bin/hostname":      "#!/bin/sh\necho " + p.name + "\n",
			"hosts":             hosts.String(),

			"run/secrets/redis_password": password, "run/valkey/keep": "",
		} {
			file = filepath.Join(p.folder, file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	return pods
}

// apart are the arguments of unshare with which a process has mounts of its own.
func apart() []string {
	if os.Geteuid() == 0 {
		return []string{"--mount"}
	}
	return []string{"--user", "--map-root-user", "--mount"}
}

func free(ip, port string) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(ip, port))
	if err == nil {
		l.Close()
	}
	return err == nil
}

// command is one in the pod: /run and the names of others are the pod's.
func (p *pod) command(command ...string) *exec.Cmd {
	script := `mount --bind "$0/run" /run; mount --bind "$0/hosts" /etc/hosts; cd "$0/run/valkey"; exec "$@"`
	cmd := exec.Command("unshare", slices.Concat(apart(), []string{"sh", "-euc", script, p.folder}, command)...)
	cmd.Env = []string{"PATH=" + filepath.Join(p.folder, "bin") + ":" + os.Getenv("PATH"), "REDIS_PASSWORD=" + password}
	return cmd
}

// start runs what a container starts with, until the end that it gives is called, or the test is over.
func (p *pod) start(command ...string) (end func()) {
	p.t.Helper()
	cmd, said := p.command(command...), &strings.Builder{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed
		close(ended)
	}()
	end = func() {
		_ = cmd.Process.Kill()
		<-ended
	}
	p.t.Cleanup(func() {
		if end(); p.t.Failed() {
			p.t.Logf("%s, %q:\n%s", p.name, command, said)
		}
	})
	return end
}

// ask asks the server at a port of the pod, as somebody who knows the password.
func (p *pod) ask(port string, words ...string) string {
	cmd := exec.Command("redis-cli", slices.Concat([]string{"-h", p.ip, "-p", port}, words)...)
	cmd.Env = []string{"REDISCLI_AUTH=" + password}
	out, _ := cmd.CombinedOutput() // who doesn't answer says so in words
	return strings.ReplaceAll(string(out), "\r", "")
}

// eventually waits for something that takes the servers a while.
func eventually(t *testing.T, what string, holds func() (string, bool)) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		said, ok := holds()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so within a minute:\n%s", what, said)
		}
	}
}

// checkServer: what runs is what the settings should say, and tells nobody anything without the password.
func (p *pod) checkServer(probe []string) {
	t := p.t
	t.Helper()
	eventually(t, p.name+" answers", func() (string, bool) {
		out, err := p.command(probe...).CombinedOutput()
		return string(out), err == nil
	})
	for setting, want := range map[string]string{"save": "", "appendonly": "no", "maxmemory": "209715200", "maxmemory-policy": "volatile-lru", "requirepass": password} {
		if got := strings.TrimRight(p.ask("6379", "config", "get", setting), "\n"); got != strings.TrimRight(setting+"\n"+want, "\n") {
			t.Errorf("%s: the setting %q", p.name, got)
		}
	}
	stranger := exec.Command("redis-cli", "-h", p.ip, "ping")
	stranger.Env = []string{"REDISCLI_AUTH="}
	if out, _ := stranger.CombinedOutput(); !strings.Contains(string(out), "NOAUTH") {
		t.Errorf("%s tells a stranger %q", p.name, out)
	}
	files, err := filepath.Glob(filepath.Join(p.folder, "run/valkey/*.conf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v: no settings were written", err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("everybody may read %s: %v, %v", file, info.Mode(), err)
		}
	}
}

// TestOneValkey runs what Compose and Kubernetes start a lonely Valkey with, and asks it as they do whether it lives.
func TestOneValkey(t *testing.T) {
	t.Parallel()
	t.Run("Compose", func(t *testing.T) {
		t.Parallel()
		s := composed(t).Services["redis"]
		if s.HealthCheck.Test[0] != "CMD-SHELL" {
			t.Fatalf("its health is asked by %q", s.HealthCheck.Test)
		}
		p := redisPods(t, 1)[0]
		p.start(s.Command...)
		p.checkServer([]string{"sh", "-c", s.HealthCheck.Test[1]})
	})
	t.Run("Kubernetes", func(t *testing.T) {
		t.Parallel()
		x := valkey(t, render(t, filepath.Join(kubernetes, "overlays", "library")), "valkey")
		p := redisPods(t, 1)[0]
		p.start(slices.Concat(x.Command, x.Args)...)
		p.checkServer(x.ReadinessProbe.Exec.Command)
	})
}

// valkey is one of the containers of the set of Valkeys.
func valkey(t *testing.T, c *cluster, name string) core.Container {
	t.Helper()
	for _, s := range c.sets {
		for _, x := range s.Spec.Template.Spec.Containers {
			if s.Name == "orientir-redis" && x.Name == name {
				return x
			}
		}
	}
	t.Fatalf("no container is called %s", name)
	return core.Container{}
}

// TestValkeysWatchEachOther runs the three pods of the component sentinel, and takes the first one away: within seconds another is the primary, and the
// first comes back behind it.
func TestValkeysWatchEachOther(t *testing.T) {
	t.Parallel()
	c := render(t, filepath.Join(kubernetes, "overlays", "country"))
	pods := redisPods(t, 3)
	server, watch := valkey(t, c, "valkey"), valkey(t, c, "sentinel")
	start := func(p *pod, x core.Container, script string) func() {
		return p.start(slices.Concat(x.Command[:1], []string{filepath.Join(p.folder, script)}, x.Args)...)
	}
	for _, p := range pods {
		for _, m := range c.configs {
			for name, text := range m.Data {
				if strings.HasPrefix(m.Name, "orientir-redis") {
					if err := os.WriteFile(filepath.Join(p.folder, name), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	if !slices.Equal(server.Command, []string{"sh", "/scripts/start-valkey"}) || !slices.Equal(watch.Command, []string{"sh", "/scripts/start-sentinel"}) {
		t.Fatalf("the containers start by %q and %q", server.Command, watch.Command)
	}
	var first []func()
	for i, p := range pods {
		ends := []func(){start(p, server, "start-valkey"), start(p, watch, "start-sentinel")}
		if i == 0 {
			first = ends
		}
	}
	for _, p := range pods {
		p.checkServer(server.ReadinessProbe.Exec.Command)
	}
	agree := func(primary string) func() (string, bool) {
		return func() (string, bool) {
			for _, p := range pods {
				said := p.ask("26379", "sentinel", "ckquorum", "orientir") + p.ask("26379", "sentinel", "get-master-addr-by-name", "orientir") + p.ask("26379", "info", "sentinel")
				if !strings.HasPrefix(said, "OK 3 ") || !strings.Contains(said, "\n"+primary+"\n6379\n") || !strings.Contains(said, "slaves=2,sentinels=3") {
					return p.name + " says " + said, false
				}
			}
			return "", true
		}
	}
	follow := func(primary *pod) func() (string, bool) {
		return func() (string, bool) {
			if said := primary.ask("6379", "info", "replication"); len(regexp.MustCompile(`(?m)^slave\d:.*state=online`).FindAllString(said, -1)) != len(pods)-1 {
				return primary.name + " says " + said, false
			}
			for _, p := range pods {
				if said := p.ask("6379", "info", "replication"); p != primary && (!strings.Contains(said, "master_host:"+primary.name+".orientir-redis\n") || !strings.Contains(said, "master_link_status:up")) {
					return p.name + " says " + said, false
				}
			}
			return "", true
		}
	}
	eventually(t, "two follow the first", follow(pods[0]))
	eventually(t, "three sentinels watch the first", agree("orientir-redis-0.orientir-redis"))

	for _, end := range first {
		end()
	}
	began := time.Now()
	var heir *pod
	eventually(t, "another is the primary", func() (said string, ok bool) {
		for _, p := range pods[1:] {
			said = p.ask("6379", "info", "replication")
			if strings.Contains(said, "role:master") {
				heir = p
			}
		}
		return said, heir != nil
	})
	t.Logf("%s is the primary after %s", heir.name, time.Since(began).Round(100*time.Millisecond))
	start(pods[0], server, "start-valkey")
	start(pods[0], watch, "start-sentinel")
	eventually(t, "the first comes back behind it", follow(heir))
	eventually(t, "three sentinels watch it", agree(heir.name+".orientir-redis"))
}

// TestScriptsAreRead: sh reads all that the containers are started with.
func TestScriptsAreRead(t *testing.T) {
	t.Parallel()
	scripts := map[string]string{"Compose's redis": strings.Join(composed(t).Services["redis"].Command[2:], "\n")}
	for name, c := range overlays(t) {
		for _, m := range c.configs {
			for file, text := range m.Data {
				if strings.HasPrefix(text, "#!/bin/sh") {
					scripts[name+" "+file] = text
				}
			}
		}
	}
	if len(scripts) < 3 {
		t.Errorf("only %d scripts are found", len(scripts))
	}
	for name, text := range scripts {
		read := exec.Command("sh", "-n")
		read.Stdin = strings.NewReader(text)
		if out, err := read.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
