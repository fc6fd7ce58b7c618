package manifests

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	sets "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// connections are how many one replica may hold: its pool, the one that carries the locks of its jobs, the one by which it shows that it lives, and the
// one that migrates. A job by the clock holds no more than a replica.
const connections = 16 + 3

// pods are what a controller makes, and how many of them there are at least and at most while it is rolled.
type pods struct {
	name        string
	labels      map[string]string
	spec        core.PodSpec
	least, most int
}

func (c *cluster) pods(t *testing.T) (all []pods) {
	t.Helper()
	for _, d := range c.deployments {
		p := pods{name: d.Name, labels: d.Spec.Template.Labels, spec: d.Spec.Template.Spec}
		for _, h := range c.scalers {
			if h.Spec.ScaleTargetRef.Name != d.Name || h.Spec.ScaleTargetRef.Kind != "Deployment" {
				t.Errorf("the autoscaler %s has no target", h.Name)
			}
			p.least, p.most = int(*h.Spec.MinReplicas), int(h.Spec.MaxReplicas)
		}
		if d.Spec.Replicas != nil {
			t.Errorf("%s has a number of replicas beside the autoscaler's", d.Name)
		}
		roll := d.Spec.Strategy.RollingUpdate
		if roll == nil || roll.MaxUnavailable.IntValue() != 0 || roll.MaxSurge.IntValue() < 1 {
			t.Errorf("%s takes a replica away before its successor is ready", d.Name)
		} else {
			p.most += roll.MaxSurge.IntValue()
		}
		selects(t, d.Name, d.Spec.Selector, p.labels)
		all = append(all, p)
	}
	for _, s := range c.sets {
		selects(t, s.Name, s.Spec.Selector, s.Spec.Template.Labels)
		n := int(*s.Spec.Replicas)
		all = append(all, pods{s.Name, s.Spec.Template.Labels, s.Spec.Template.Spec, n, n})
	}
	for _, j := range c.crons {
		all = append(all, pods{name: j.Name, labels: j.Spec.JobTemplate.Spec.Template.Labels, spec: j.Spec.JobTemplate.Spec.Template.Spec, least: 0, most: 1})
	}
	for _, d := range c.databases { // made by their operator, which gives them this label
		all = append(all, pods{name: d.Name, labels: map[string]string{"cnpg.io/cluster": d.Name}, least: d.Spec.Instances, most: d.Spec.Instances})
	}
	return all
}

func selects(t *testing.T, name string, s *meta.LabelSelector, labels map[string]string) {
	t.Helper()
	if s == nil || len(s.MatchLabels) == 0 || !within(s.MatchLabels, labels) {
		t.Errorf("%s doesn't select its own pods", name)
	}
}

// chosen says whether a selector is about labels. None, and an empty one, are about everything and name nobody.
func chosen(s *meta.LabelSelector, labels map[string]string) bool {
	selector, err := meta.LabelSelectorAsSelector(s)
	return err == nil && s != nil && !selector.Empty() && selector.Matches(sets.Set(labels))
}

func within(want, have map[string]string) bool {
	for k, v := range want {
		if have[k] != v {
			return false
		}
	}
	return true
}

func TestKubernetes(t *testing.T) {
	known := settings(t)
	for name, c := range overlays(t) {
		t.Run(name, func(t *testing.T) {
			all := c.pods(t)
			for _, p := range all {
				if p.spec.Containers != nil {
					checkPod(t, c, p, known)
				}
			}
			checkServices(t, c, all)
			checkBudgets(t, c, all)
			checkNetwork(t, c, all)
			checkDatabase(t, c, all)
			checkDrain(t, c)
			checkForgotten(t, c)
			checkWatch(t, c, all)
		})
	}
}

// TestWrittenObjects: what the README has written out is read as strictly as the files.
func TestWrittenObjects(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(kubernetes, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{}
	for _, block := range regexp.MustCompile("(?s)```yaml\napiVersion: (\\S+)\nkind: (\\w+)\n.*?```").FindAllSubmatch(readme, -1) {
		if kind := string(block[1]) + "/" + string(block[2]); string(block[2]) != "Kustomization" {
			if err := c.add(kind, block[0][len("```yaml\n"):len(block[0])-len("```")]); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
	if len(c.policies) < 2 || len(c.databases) != 1 {
		t.Errorf("%d policies, %d databases are written out", len(c.policies), len(c.databases))
	}
}

// TestSentinelsPassword: the sentinels ask for a password of their own, and an address without it leads nowhere.
func TestSentinelsPassword(t *testing.T) {
	for _, file := range []string{"README.md", "components/sentinel/kustomization.yaml"} {
		text, err := os.ReadFile(filepath.Join(kubernetes, file))
		if err != nil {
			t.Fatal(err)
		}
		addresses := regexp.MustCompile(`redis\+sentinel://[^\s`+"`"+`]+`).FindAllString(string(text), -1)
		if len(addresses) == 0 {
			t.Errorf("%s says no address", file)
		}
		for _, a := range addresses {
			if !strings.Contains(a, "?sentinel_password=") {
				t.Errorf("%s: %s has no password for the sentinels", file, a)
			}
		}
	}
}

// checkDrain: a replica serves on until every proxy has noticed, and isn't killed before it is done (deploy/replicas.md).
func checkDrain(t *testing.T, c *cluster) {
	for _, m := range c.configs {
		if m.Data["ORIENTIR_PUBLIC_URL"] == "" {
			continue
		}
		drain, err := strconv.Atoi(m.Data["ORIENTIR_DRAIN"])
		if err != nil {
			t.Error(err)
		}
		for _, d := range c.deployments {
			ready, grace := d.Spec.Template.Spec.Containers[0].ReadinessProbe, d.Spec.Template.Spec.TerminationGracePeriodSeconds
			if noticed := int(ready.PeriodSeconds * ready.FailureThreshold); drain <= 2*noticed || grace == nil || int(*grace) < drain+20 {
				t.Errorf("%s drains for %d s, is noticed after %d and killed after %v", d.Name, drain, noticed, grace)
			}
		}
	}
}

func checkPod(t *testing.T, c *cluster, p pods, known map[string]bool) {
	if s := p.spec.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser == nil || *s.RunAsUser == 0 ||
		s.SeccompProfile == nil || s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		t.Errorf("%s: the pod is not held to another user than root and to the usual system calls", p.name)
	}
	if p.spec.AutomountServiceAccountToken == nil || *p.spec.AutomountServiceAccountToken {
		t.Errorf("%s may speak to the cluster", p.name)
	}
	if len(p.spec.Containers) > 0 && ours(p.spec.Containers[0]) && p.spec.ServiceAccountName != "orientir" {
		t.Errorf("%s pulls its image as somebody else than the program", p.name)
	}
	if p.spec.HostNetwork || p.spec.HostPID || p.spec.HostIPC {
		t.Errorf("%s shares its node's namespaces", p.name)
	}
	volumes := map[string]bool{}
	for _, v := range p.spec.Volumes {
		volumes[v.Name] = true
		if v.HostPath != nil {
			t.Errorf("%s sees its node's files", p.name)
		}
		if claim := v.PersistentVolumeClaim; claim != nil && !slices.ContainsFunc(c.claims, func(x *core.PersistentVolumeClaim) bool { return x.Name == claim.ClaimName }) {
			t.Errorf("%s: there is no disk %s", p.name, claim.ClaimName)
		}
		if v.ConfigMap != nil && !c.hasConfig(v.ConfigMap.Name) {
			t.Errorf("%s: there is no ConfigMap %s", p.name, v.ConfigMap.Name)
		}
	}
	for _, x := range p.spec.InitContainers {
		checkContainer(t, c, p.name+"/"+x.Name, x, volumes, known)
	}
	for _, x := range p.spec.Containers {
		where := p.name + "/" + x.Name
		checkContainer(t, c, where, x, volumes, known)
		if p.spec.RestartPolicy == core.RestartPolicyNever { // it ends by itself
			continue
		}
		for what, probe := range map[string]*core.Probe{"startup": x.StartupProbe, "liveness": x.LivenessProbe, "readiness": x.ReadinessProbe} {
			switch {
			case probe == nil:
				t.Errorf("%s has no %s probe", where, what)
			case probe.HTTPGet != nil && !hasPort(x, probe.HTTPGet.Port), probe.TCPSocket != nil && !hasPort(x, probe.TCPSocket.Port):
				t.Errorf("%s: the %s probe asks a port that it hasn't", where, what)
			case probe.HTTPGet != nil && probe.HTTPGet.Path != map[string]string{"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}[what]:
				t.Errorf("%s: the %s probe asks %s", where, what, probe.HTTPGet.Path)
			}
		}
	}
}

func checkContainer(t *testing.T, c *cluster, where string, x core.Container, volumes, known map[string]bool) {
	s := x.SecurityContext
	if s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation ||
		s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) || len(s.Capabilities.Add) > 0 || s.Privileged != nil {
		t.Errorf("%s may do more than it must", where)
	}
	if x.Resources.Requests.Cpu().IsZero() || x.Resources.Requests.Memory().IsZero() || x.Resources.Limits.Memory().IsZero() {
		t.Errorf("%s names no resources", where)
	}
	if x.Resources.Requests.Memory().Cmp(*x.Resources.Limits.Memory()) > 0 {
		t.Errorf("%s asks for more memory than it may have", where)
	}
	if !pinned(x.Image) {
		t.Errorf("%s runs %s, whatever that is on the day", where, x.Image)
	}
	for _, m := range x.VolumeMounts {
		if !volumes[m.Name] {
			t.Errorf("%s mounts %s, which the pod hasn't", where, m.Name)
		}
	}
	ours := ours(x)
	for _, from := range x.EnvFrom {
		if from.SecretRef != nil && from.SecretRef.Name == "orientir" && ours {
			continue
		}
		if from.ConfigMapRef == nil || !c.hasConfig(from.ConfigMapRef.Name) {
			t.Errorf("%s: its variables come from nowhere", where)
			continue
		}
		for _, m := range c.configs {
			if m.Name == from.ConfigMapRef.Name {
				for key := range m.Data {
					if !known[key] {
						t.Errorf("%s: the program knows no %s", where, key)
					}
				}
			}
		}
	}
	for _, e := range x.Env {
		if ours && !known[e.Name] {
			t.Errorf("%s: the program knows no %s", where, e.Name)
		}
		if r := e.ValueFrom; r == nil || r.SecretKeyRef == nil || r.SecretKeyRef.Name != "orientir" && !c.hasDatabaseSecret(r.SecretKeyRef.Name) {
			t.Errorf("%s: %s comes from no secret that the README makes", where, e.Name)
		}
	}
}

func ours(x core.Container) bool { return strings.Contains(x.Image, "/orientir:") }

func (c *cluster) hasConfig(name string) bool {
	for _, m := range c.configs {
		if m.Name == name {
			return true
		}
	}
	return false
}

func hasPort(x core.Container, port intstr.IntOrString) bool {
	for _, p := range x.Ports {
		if port.Type == intstr.String && p.Name == port.StrVal || port.Type == intstr.Int && p.ContainerPort == port.IntVal {
			return true
		}
	}
	return false
}

func podHasPort(p pods, port intstr.IntOrString) bool {
	return slices.ContainsFunc(p.spec.Containers, func(x core.Container) bool { return hasPort(x, port) })
}

func checkBudgets(t *testing.T, c *cluster, all []pods) {
	kept := map[string]bool{}
	for _, b := range c.budgets {
		for _, p := range all {
			if !within(b.Spec.Selector.MatchLabels, p.labels) {
				continue
			}
			kept[p.name] = true
			need := 1
			if slices.ContainsFunc(p.spec.Containers, func(x core.Container) bool { return x.Name == "sentinel" }) {
				need = 2 // who agree on another primary
			}
			if left := p.least - b.Spec.MaxUnavailable.IntValue(); left < need {
				t.Errorf("of %d %s the budget leaves %d", p.least, p.name, left)
			}
		}
	}
	if !kept["orientir"] {
		t.Error("an emptied node may take all replicas")
	}
}
