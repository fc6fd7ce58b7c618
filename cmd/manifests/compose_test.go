package manifests

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

const compose = "../../deploy/compose"

// composed is the project as Compose reads it.
func composed(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(compose, "compose.yaml")}, cli.WithEnv([]string{"ORIENTIR_HOST=orientir.example.bg", "ORIENTIR_IMAGE=registry.example.bg/orientir:1.0.0"}), cli.WithInterpolation(true), cli.WithConsistency(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestCompose(t *testing.T) {
	project, known := composed(t), settings(t)
	for _, s := range project.Services {
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.Privileged || s.MemLimit == 0 {
			t.Errorf("%s may do more than it must", s.Name)
		}
		if s.Name != "migrate" && (s.HealthCheck == nil || s.HealthCheck.Disable || len(s.HealthCheck.Test) == 0) {
			t.Errorf("%s is never asked how it is", s.Name)
		}
		if s.Name != "proxy" && (s.User == "" || strings.HasPrefix(s.User, "0") || len(s.Ports) > 0 || len(s.CapAdd) > 0) {
			t.Errorf("%s runs as %q, with ports %v and capabilities %v", s.Name, s.User, s.Ports, s.CapAdd)
		}
		_, front := s.Networks["front"]
		_, back := s.Networks["back"]
		program := s.Name == "orientir" || s.Name == "migrate"
		if front != (s.Name == "proxy" || program) || back != (s.Name != "proxy") {
			t.Errorf("%s is in %v", s.Name, s.NetworksByPriority())
		}
		for name, value := range s.Environment {
			switch {
			case !program:
			case !known[name] && !known[strings.TrimSuffix(name, "_FILE")]:
				t.Errorf("%s: the program knows no %s", s.Name, name)
			case strings.HasSuffix(name, "_FILE"):
				secret := strings.TrimPrefix(*value, "/run/secrets/")
				if !slices.ContainsFunc(s.Secrets, func(x types.ServiceSecretConfig) bool { return x.Source == secret }) {
					t.Errorf("%s: %s is a secret that it doesn't get", s.Name, name)
				}
			}
		}
		for _, v := range s.Volumes {
			if _, err := os.Stat(v.Source); v.Type == "bind" && err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
		}
		for _, secret := range s.Secrets {
			if _, ok := project.Secrets[secret.Source]; !ok {
				t.Errorf("%s: there is no secret %s", s.Name, secret.Source)
			}
		}
		for name := range s.DependsOn {
			if _, ok := project.Services[name]; !ok {
				t.Errorf("%s waits for %s, which is not there", s.Name, name)
			}
		}
	}
	if _, waits := project.Services["migrate"].DependsOn["redis"]; waits {
		t.Error("nothing starts while Redis is away")
	}
	readme, err := os.ReadFile(filepath.Join(compose, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for rule, must := range map[string]string{
		"every user of the machine reads the secrets": "\nmkdir -m 700 secrets ",
		"who was forgotten comes back with a dump":    "orientir forgotten replay - <forgotten.tsv",
		"the copies elsewhere are kept for ever":      " prune /backups/orientir 30",
	} {
		if !strings.Contains(string(readme), must) {
			t.Errorf("by the README %s", rule)
		}
	}
	saves := project.Services["backup"]
	for what, must := range map[string]string{"the list of the forgotten": "backup forgotten .", "a dump": "backup dump .", "old dumps": "backup prune . 30"} {
		if !strings.Contains(strings.Join(saves.Command, " "), must) {
			t.Errorf("nobody sees to %s by the clock", what)
		}
	}
	if !project.Networks["back"].Internal {
		t.Error("the servers can be reached")
	}
	if s := project.Services["orientir"]; s.Deploy == nil || s.Deploy.Replicas == nil || *s.Deploy.Replicas < 2 {
		t.Error("there is one replica")
	}
	front := project.Networks["front"]
	var subnets []string
	for _, c := range front.Ipam.Config {
		subnets = append(subnets, c.Subnet)
	}
	if trusted := *project.Services["orientir"].Environment["ORIENTIR_TRUSTED_PROXIES"]; trusted != strings.Join(subnets, ",") {
		t.Errorf("the proxy's networks %v are not the trusted ones %s", subnets, trusted)
	}
	// By an address of the other kind Docker would carry everybody in as the network's gateway, whom the program believes to be a person.
	if front.EnableIPv6 == nil || !*front.EnableIPv6 || !slices.ContainsFunc(subnets, func(s string) bool { return strings.HasPrefix(s, "fd") }) {
		t.Errorf("all who come by IPv6 are one person: %v", subnets)
	}
	if d := project.Services["postgres"]; d.Environment["POSTGRES_USER"] != nil || !slices.ContainsFunc(d.Volumes, func(v types.ServiceVolumeConfig) bool {
		return v.Target == "/docker-entrypoint-initdb.d/create-database.sh"
	}) {
		t.Error("the program's role is the database's superuser")
	}
}

// TestDumpsAreTakenAtNight runs what the service «backup» does, with the clock and the programs that it calls replaced.
func TestDumpsAreTakenAtNight(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not here")
	}
	script := strings.Join(composed(t).Services["backup"].Command, " ")
	for _, c := range []struct {
		name, hour string
		age        time.Duration // of the last dump; 0: there is none
		want       bool
	}{
		{"the first at once", "12", 0, true},
		{"by day after last night's", "12", 11 * time.Hour, false},
		{"at night after one by day", "00", 12 * time.Hour, true},
		{"at the end of the night after one of the evening", "03", 7 * time.Hour, true},
		{"once a night", "03", 3 * time.Hour, false},
		{"by day when the night's is missing", "09", 25 * time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder, programs := t.TempDir(), t.TempDir()
			for name, text := range map[string]string{"backup": `echo "$1"`, "date": "echo " + c.hour, "sleep": "exit 7"} {
				if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if c.age > 0 {
				dump, at := filepath.Join(folder, "orientir-1.dump"), time.Now().Add(-c.age)
				if err := os.WriteFile(dump, nil, 0o644); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(dump, at, at); err != nil {
					t.Fatal(err)
				}
			}
			run := exec.Command(bash, "-euc", strings.ReplaceAll(script, "/var/lib/postgresql/data", folder))
			run.Env = []string{"PATH=" + programs + ":" + os.Getenv("PATH")}
			out, err := run.CombinedOutput()
			if end := (*exec.ExitError)(nil); !errors.As(err, &end) || end.ExitCode() != 7 {
				t.Fatalf("%v\n%s", err, out)
			}
			if want := map[bool]string{true: "forgotten\ndump\nprune\n", false: "forgotten\n"}[c.want]; string(out) != want {
				t.Errorf("it does %q, want %q", out, want)
			}
		})
	}
}
