package manifests

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
)

// exact is a tag that stays what it is: three numbers, or two and a day.
var exact = regexp.MustCompile(`^v?\d+\.\d+[.-]\d+`)

// pinned says whether an image's name means the same thing tomorrow: where it comes from is said, and its digest or an exact tag.
func pinned(image string) bool {
	name, digest, _ := strings.Cut(image, "@")
	folder, name, found := cutLast(name, "/")
	_, tag, _ := strings.Cut(name, ":")
	return found && strings.Contains(folder, ".") && (exact.MatchString(tag) || strings.HasPrefix(digest, "sha256:"))
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

func TestPinned(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]bool{
		"docker.io/library/caddy:2.11.4-alpine": true, "ghcr.io/a/postgresql:17.11-202608310816-standard-bookworm": true, "docker.io/a/b:0.8.6-pg17": true, "registry.example.bg:5000/orientir:1.0.0": true, "ghcr.io/a/b@sha256:0a": true,
		"docker.io/library/caddy:2-alpine": false, "docker.io/library/caddy": false, "docker.io/a/b:latest": false, "docker.io/a/b:8.1-alpine": false, "docker.io/a/b:pg17": false, "ghcr.io/a/postgresql:17.11-standard-bookworm": false, "orientir:1.0.0": false, "registry.example.bg:5000/orientir": false,
	} {
		if pinned(image) != want {
			t.Errorf("%s: %v", image, !want)
		}
	}
}

// TestComposePullsExactImages: no service floats, and the program's own image has no name that a later build takes away.
func TestComposePullsExactImages(t *testing.T) {
	t.Parallel()
	for _, s := range composed(t).Services {
		if !pinned(s.Image) {
			t.Errorf("%s runs %s, whatever that is on the day", s.Name, s.Image)
		}
	}
	options, err := cli.NewProjectOptions([]string{filepath.Join(compose, "compose.yaml")}, cli.WithEnv([]string{"ORIENTIR_HOST=orientir.example.bg"}), cli.WithInterpolation(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := options.LoadProject(t.Context()); err == nil || !strings.Contains(err.Error(), "ORIENTIR_IMAGE") {
		t.Errorf("without the name of an image: %v", err)
	}
	readme, err := os.ReadFile(filepath.Join(compose, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "image=$(deploy/image/build | tail -n 1)") || !strings.Contains(string(readme), "ORIENTIR_IMAGE=%s") {
		t.Error("the README doesn't say whence the name comes")
	}
}

// instructions are the lines of the Containerfile: what it does, and with what.
func instructions(t *testing.T) (all [][2]string) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/image/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		what, with, ok := strings.Cut(line, " ")
		if !ok || strings.ToUpper(what) != what || strings.HasSuffix(line, `\`) {
			t.Fatalf("the line %q", line)
		}
		all = append(all, [2]string{what, with})
	}
	return all
}

// TestContainerfile holds the image's description to what is built, to the program, and to those who run it. No image is made: the tool that would
// make it is replaced, and hears what it is asked.
func TestContainerfile(t *testing.T) {
	t.Parallel()
	into, programs := filepath.Join(t.TempDir(), "image"), t.TempDir()
	if err := os.WriteFile(filepath.Join(programs, "podman"), []byte("#!/bin/sh\necho STEP 1\necho \"$*\" >&2\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("deploy/image/build", "registry.example.bg/orientir:1.0.0")
	build.Dir = "../.."
	build.Env = append(os.Environ(), "PATH="+programs+":"+os.Getenv("PATH"), "ORIENTIR_IMAGE_DIR="+into, "ORIENTIR_PROGRAM=/bin/true", "ORIENTIR_IMAGE_TOOL=podman", "ORIENTIR_VERSION=1.0.0", "SOURCE_DATE_EPOCH=1700000000")
	var asked strings.Builder
	build.Stderr = &asked
	said, err := build.Output()
	if err != nil || !strings.HasSuffix("\n"+string(said), "\nregistry.example.bg/orientir:1.0.0\n") {
		t.Fatalf("%v: the last line is not the image's name:\n%s%s", err, said, &asked)
	}
	if want := "build --format docker --timestamp 1700000000 -t registry.example.bg/orientir:1.0.0 -f deploy/image/Containerfile " + into; strings.TrimSpace(asked.String()) != want {
		t.Errorf("podman is asked to %q, want %q", &asked, want)
	}
	users, err := os.ReadFile(filepath.Join(into, "root/etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	inImage := func(path string) os.FileInfo {
		info, err := os.Stat(filepath.Join(into, "root", path))
		if err != nil {
			t.Fatalf("it isn't in the image: %v", err)
		}
		return info
	}
	list := func(text string) (words []string) {
		if err := json.Unmarshal([]byte(text), &words); err != nil {
			t.Errorf("%s is no list, so a shell would be asked, and there is none: %v", text, err)
		}
		return words
	}
	known, env, seen := settings(t), map[string]string{}, map[string]string{}
	for i, line := range instructions(t) {
		what, with := line[0], line[1]
		if _, twice := seen[what]; twice || (i == 0) != (what == "FROM") {
			t.Errorf("%s %s at line %d", what, with, i)
		}
		seen[what] = with
		switch what {
		case "FROM":
			if with != "scratch" {
				t.Errorf("it is made of %s", with)
			}
		case "COPY":
			if info, err := os.Stat(filepath.Join(into, strings.Fields(with)[0])); err != nil || !info.IsDir() || !strings.HasSuffix(with, "/ /") {
				t.Errorf("%s is copied: %v", with, err)
			}
		case "USER":
			if composed(t).Services["orientir"].User != with || !strings.Contains(string(users), "orientir:x:"+with+":") {
				t.Errorf("it runs as %s; Compose as %s; it knows %q", with, composed(t).Services["orientir"].User, users)
			}
			for _, d := range render(t, filepath.Join(kubernetes, "overlays", "library")).deployments {
				if s := d.Spec.Template.Spec.SecurityContext; fmt.Sprintf("%d:%d", *s.RunAsUser, *s.RunAsGroup) != with {
					t.Errorf("Kubernetes runs it as %d, the image as %s", *s.RunAsUser, with)
				}
			}
		case "ENV":
			for pair := range strings.FieldsSeq(with) {
				name, value, _ := strings.Cut(pair, "=")
				if env[name] = value; !known[name] {
					t.Errorf("the program knows no %s", name)
				}
			}
		case "HEALTHCHECK":
			options, command, ok := strings.Cut(with, " CMD ")
			if words := list(command); !ok || !slices.Equal(words, []string{"/orientir", "health"}) {
				t.Errorf("its health is asked by %q", words)
			}
			for option := range strings.FieldsSeq(options) {
				name, value, _ := strings.Cut(option, "=")
				if _, err := time.ParseDuration(value); err != nil && name != "--retries" || !slices.Contains([]string{"--interval", "--timeout", "--start-period", "--retries"}, name) {
					t.Errorf("the option %s: %v", option, err)
				}
			}
		case "ENTRYPOINT":
			if words := list(with); len(words) != 1 || inImage(words[0]).Mode().Perm() != 0o755 {
				t.Errorf("it starts by %q", words)
			}
		case "CMD":
			if words := list(with); !slices.Equal(words, []string{"serve"}) {
				t.Errorf("it does %q", words)
			}
		case "EXPOSE", "LABEL":
		case "STOPSIGNAL":
			if with != "SIGTERM" {
				t.Errorf("it is stopped by %s", with)
			}
		default:
			t.Errorf("%s %s is not understood here", what, with)
		}
	}
	if inImage(env["ORIENTIR_DATA_DIR"]); seen["EXPOSE"] != "8080 "+strings.TrimPrefix(env["ORIENTIR_METRICS_ADDR"], ":") {
		t.Errorf("the ports are %s, the settings %v", seen["EXPOSE"], env)
	}
	for _, must := range []string{"COPY", "USER", "ENV", "HEALTHCHECK", "ENTRYPOINT", "CMD", "STOPSIGNAL"} {
		if seen[must] == "" {
			t.Errorf("there is no %s", must)
		}
	}
}
