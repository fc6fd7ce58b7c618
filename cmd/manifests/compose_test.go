package manifests

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

const compose = "../../deploy/compose"

func TestCompose(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{filepath.Join(compose, "compose.yaml")}, cli.WithEnv([]string{"ORIENTIR_HOST=orientir.example.bg"}), cli.WithInterpolation(true), cli.WithConsistency(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	known := settings(t)
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
	for _, v := range saves.Volumes {
		if _, err := os.Stat(v.Source); v.Type == "bind" && err != nil {
			t.Errorf("the backup's program: %v", err)
		}
	}
	if !project.Networks["back"].Internal {
		t.Error("the servers can be reached")
	}
	if s := project.Services["orientir"]; s.Deploy == nil || s.Deploy.Replicas == nil || *s.Deploy.Replicas < 2 {
		t.Error("there is one replica")
	}
	if subnet := project.Networks["front"].Ipam.Config[0].Subnet; *project.Services["orientir"].Environment["ORIENTIR_TRUSTED_PROXIES"] != subnet {
		t.Errorf("the proxy's network %s is not the trusted one", subnet)
	}
}
