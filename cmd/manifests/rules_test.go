package manifests

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
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

// TestTrusted: without the network of the ingress' pods everybody is one person to the limits, so the base takes what clusters have by custom; and who
// follows the README names their own.
func TestTrusted(t *testing.T) {
	for name, c := range overlays(t) {
		var networks []netip.Prefix
		for _, m := range c.configs {
			for v := range strings.SplitSeq(m.Data["ORIENTIR_TRUSTED_PROXIES"], ",") {
				if network, err := netip.ParsePrefix(v); err == nil {
					networks = append(networks, network)
				} else if m.Data["ORIENTIR_PUBLIC_URL"] != "" {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		for _, pod := range []string{"10.244.1.7", "10.42.0.9", "192.168.34.5", "172.20.3.4", "100.64.7.8", "fd00:10:244::5"} {
			if name != "README" && !slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(netip.MustParseAddr(pod)) }) {
				t.Errorf("%s: an ingress at %s isn't believed", name, pod)
			}
		}
		if name == "README" && (len(networks) != 1 || networks[0].Bits() < 12) {
			t.Errorf("by the README one trusts %v", networks)
		}
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

// checkForgotten: a recovery brings back who was forgotten, so a list of them is written often, where the database's end doesn't reach it; and nobody who
// comes to the program meets the one who writes it.
func checkForgotten(t *testing.T, c *cluster) {
	if len(c.crons) != 1 {
		t.Fatalf("%d jobs go by the clock", len(c.crons))
	}
	j := c.crons[0]
	pod := j.Spec.JobTemplate.Spec.Template
	command := pod.Spec.Containers[0].Args
	if len(command) != 3 || !slices.Equal(command[:2], []string{"forgotten", "keep"}) {
		t.Fatalf("the job does %q", command)
	}
	if minute, rest, _ := strings.Cut(j.Spec.Schedule, " "); rest != "* * * *" || minute == "*" {
		t.Errorf("the list is written at %q, not once an hour", j.Spec.Schedule)
	}
	if !slices.ContainsFunc(pod.Spec.Containers[0].VolumeMounts, func(m core.VolumeMount) bool {
		return m.MountPath == filepath.Dir(command[2]) && slices.ContainsFunc(pod.Spec.Volumes, func(v core.Volume) bool { return v.Name == m.Name && v.PersistentVolumeClaim != nil })
	}) {
		t.Error("the list is on no disk that stays")
	}
	for _, s := range c.services {
		if within(s.Spec.Selector, pod.Labels) {
			t.Errorf("the service %s sends people to the job", s.Name)
		}
	}
	for _, d := range c.deployments {
		if theirs, its := databaseSecrets(d.Spec.Template.Spec), databaseSecrets(pod.Spec); len(theirs) != 1 || !slices.Equal(theirs, its) {
			t.Errorf("the program asks the database of %q, and the job that of %q", theirs, its)
		}
	}
	watched := len(c.rules) == 0
	for _, r := range c.rules {
		watched = watched || strings.Contains(fmt.Sprint(r.Spec.Groups), `{namespace="`+j.Namespace+`",cronjob="`+j.Name+`"}`)
	}
	if !watched {
		t.Errorf("no rule watches the job %s", j.Name)
	}
}

// databaseSecrets are those from which a pod's containers take the database's address.
func databaseSecrets(p core.PodSpec) (names []string) {
	for _, x := range slices.Concat(p.InitContainers, p.Containers) {
		for _, e := range x.Env {
			if e.Name == "DATABASE_URL" && !slices.Contains(names, e.ValueFrom.SecretKeyRef.Name) {
				names = append(names, e.ValueFrom.SecretKeyRef.Name)
			}
		}
	}
	return names
}

// TestTurned: the patches that the README gives for a recovery turn the program, the job that forgets again and the backups alike, and the policies let
// each of them reach the new database.
func TestTurned(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(kubernetes, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	patches := regexp.MustCompile("(?s)```yaml\n(  - target: .*?)```").FindSubmatch(readme)
	if patches == nil {
		t.Fatal("the README shows no patches")
	}
	own := copied(t)
	turned := filepath.Join(own, "overlays", "turned")
	if err := os.Mkdir(turned, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../country]\npatches:\n" + string(patches[1])
	if err := os.WriteFile(filepath.Join(turned, "kustomization.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c := render(t, turned)
	const fresh = "orientir-db-2"
	checkForgotten(t, c)
	if at := databaseSecrets(c.crons[0].Spec.JobTemplate.Spec.Template.Spec); !slices.Equal(at, []string{fresh + "-app"}) {
		t.Errorf("who was forgotten is forgotten again by %q", at)
	}
	if saved := c.schedules[0].Spec.Cluster.Name; saved != fresh {
		t.Errorf("each night %s is saved", saved)
	}
	database := map[string]string{"cnpg.io/cluster": fresh}
	for _, p := range c.pods(t) {
		if databaseSecrets(p.spec) == nil {
			continue
		}
		var out, in bool
		for _, n := range c.policies {
			for _, rule := range n.Spec.Egress {
				out = out || chosen(&n.Spec.PodSelector, p.labels) && slices.ContainsFunc(rule.To, func(to networking.NetworkPolicyPeer) bool { return chosen(to.PodSelector, database) })
			}
			for _, rule := range n.Spec.Ingress {
				in = in || chosen(&n.Spec.PodSelector, database) && slices.ContainsFunc(rule.From, func(from networking.NetworkPolicyPeer) bool { return chosen(from.PodSelector, p.labels) })
			}
		}
		if !out || !in {
			t.Errorf("%s may go to the new database: %t; it lets it in: %t", p.name, out, in)
		}
	}
}

// TestRecovered: the cluster that the README has filled from the object store gives its program the database that was saved. Without the names CloudNativePG
// makes one of its own beside it, and a secret that leads there.
func TestRecovered(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(kubernetes, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n(apiVersion: postgresql.*?)```").FindSubmatch(readme)
	if block == nil {
		t.Fatal("the README shows no recovery")
	}
	c := &cluster{}
	if err := c.add("postgresql.cnpg.io/v1/Cluster", block[1]); err != nil {
		t.Fatal(err)
	}
	recovered, saved := c.databases[0], render(t, filepath.Join(kubernetes, "overlays", "municipality"))
	old := saved.databases[0]
	r, init := recovered.Spec.Bootstrap.Recovery, old.Spec.Bootstrap.InitDB
	if r == nil || r.Database != init.Database || r.Owner != init.Owner || r.RecoveryTarget == nil || r.RecoveryTarget.TargetTime == "" {
		t.Errorf("recovered is %+v of what was made as %+v", r, init)
	}
	if from := recovered.Spec.ExternalClusters; len(from) != 1 || r != nil && from[0].Name != r.Source || from[0].PluginConfiguration == nil ||
		from[0].PluginConfiguration.Parameters["barmanObjectName"] != saved.stores[0].Name || from[0].PluginConfiguration.Parameters["serverName"] != old.Name {
		t.Errorf("it is filled from %+v", from)
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

// hasDatabaseSecret: CloudNativePG makes NAME-app for the owner of the database.
func (c *cluster) hasDatabaseSecret(name string) bool {
	for _, d := range c.databases {
		if d.Name+"-app" == name {
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

func checkServices(t *testing.T, c *cluster, all []pods) {
	ports := map[string]bool{}
	for _, s := range c.services {
		found := false
		for _, p := range all {
			if p.spec.Containers == nil || !within(s.Spec.Selector, p.labels) {
				continue
			}
			found = true
			for _, port := range s.Spec.Ports {
				ports[s.Name+"/"+port.Name] = true
				if !podHasPort(p, port.TargetPort) {
					t.Errorf("the service %s leads to a port %v that %s hasn't", s.Name, port.TargetPort, p.name)
				}
			}
		}
		if !found {
			t.Errorf("the service %s leads nowhere", s.Name)
		}
	}
	for _, s := range c.sets {
		if !slices.ContainsFunc(c.services, func(x *core.Service) bool { return x.Name == s.Spec.ServiceName }) {
			t.Errorf("%s has no service %s", s.Name, s.Spec.ServiceName)
		}
	}
	for _, i := range c.ingresses {
		var named []string
		for _, r := range i.Spec.Rules {
			named = append(named, r.Host)
			for _, path := range r.HTTP.Paths {
				if b := path.Backend.Service; !ports[b.Name+"/"+b.Port.Name] {
					t.Errorf("the ingress leads to %s/%s, which is nowhere", b.Name, b.Port.Name)
				}
			}
			if !slices.ContainsFunc(c.configs, func(m *core.ConfigMap) bool { return m.Data["ORIENTIR_PUBLIC_URL"] == "https://"+r.Host }) {
				t.Errorf("the ingress serves %s, which is not the program's public address", r.Host)
			}
		}
		if len(i.Spec.TLS) != 1 || !slices.Equal(i.Spec.TLS[0].Hosts, named) {
			t.Errorf("the ingress has TLS for others than %v", named)
		}
		if i.Annotations["nginx.ingress.kubernetes.io/proxy-buffering"] != "off" {
			t.Error("the ingress gathers streams up")
		}
	}
	for _, r := range c.routes {
		rule := r.Spec.Rules[0]
		if !slices.ContainsFunc(c.services, func(s *core.Service) bool {
			return s.Name == rule.BackendRefs[0].Name && s.Spec.Ports[0].Port == rule.BackendRefs[0].Port
		}) {
			t.Errorf("the route leads to %v, which is nowhere", rule.BackendRefs)
		}
		if len(r.Spec.Hostnames) != 1 || !slices.ContainsFunc(c.configs, func(m *core.ConfigMap) bool { return m.Data["ORIENTIR_PUBLIC_URL"] == "https://"+r.Spec.Hostnames[0] }) {
			t.Errorf("the route serves %v, which is not the program's public address", r.Spec.Hostnames)
		}
		if rule.Timeouts.Request != "0s" {
			t.Errorf("the route ends streams after %q", rule.Timeouts.Request)
		}
	}
	if len(c.ingresses)+len(c.routes) != 1 {
		t.Errorf("%d ways in", len(c.ingresses)+len(c.routes))
	}
	for _, m := range c.monitors {
		if !slices.ContainsFunc(all, func(p pods) bool {
			return chosen(&m.Spec.Selector, p.labels) &&
				(p.spec.Containers == nil || podHasPort(p, intstr.FromString(*m.Spec.PodMetricsEndpoints[0].Port)))
		}) {
			t.Errorf("the monitor %s watches nothing", m.Name)
		}
	}
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

func checkNetwork(t *testing.T, c *cluster, all []pods) {
	denied, names := false, false
	for _, n := range c.policies {
		found := len(n.Spec.PodSelector.MatchLabels)+len(n.Spec.PodSelector.MatchExpressions) == 0 // it is about all
		if found {
			denied = denied || len(n.Spec.PolicyTypes) == 2 && len(n.Spec.Ingress) == 0 && len(n.Spec.Egress) == 0
		}
		for _, p := range all {
			if !chosen(&n.Spec.PodSelector, p.labels) {
				continue
			}
			found = true
			for _, rule := range n.Spec.Ingress {
				if len(rule.From) == 0 {
					t.Errorf("the policy %s lets everybody in", n.Name)
				}
				for _, port := range rule.Ports {
					if p.spec.Containers != nil && !podHasPort(p, *port.Port) {
						t.Errorf("the policy %s opens port %v, which %s hasn't", n.Name, port.Port, p.name)
					}
				}
			}
		}
		if !found {
			t.Errorf("the policy %s is about nobody", n.Name)
		}
		for _, rule := range n.Spec.Egress {
			for _, to := range rule.To {
				if to.PodSelector != nil && to.NamespaceSelector == nil && !slices.ContainsFunc(all, func(p pods) bool { return chosen(to.PodSelector, p.labels) }) {
					t.Errorf("the policy %s leads to %v, which is nobody", n.Name, to.PodSelector)
				}
				onNode := to.IPBlock != nil && strings.HasPrefix(to.IPBlock.CIDR, "169.254.") && strings.HasSuffix(to.IPBlock.CIDR, "/32") &&
					!slices.ContainsFunc(rule.Ports, func(p networking.NetworkPolicyPort) bool { return p.Port.IntValue() != 53 })
				if to.IPBlock != nil && len(to.IPBlock.Except) == 0 && !onNode {
					t.Errorf("the policy %s lets its pods into the inner networks", n.Name)
				}
				names = names || onNode && to.IPBlock.CIDR == "169.254.20.10/32" && len(n.Spec.PodSelector.MatchLabels) == 0
			}
		}
	}
	if !denied {
		t.Error("what no policy names is open")
	}
	if !names {
		t.Error("no name is found where a cache on the node is asked for it")
	}
}

func checkDatabase(t *testing.T, c *cluster, all []pods) {
	if len(c.databases) != 1 || len(c.schedules) != 1 || len(c.stores) != 1 {
		t.Fatalf("%d databases, %d schedules of backups, %d places for them", len(c.databases), len(c.schedules), len(c.stores))
	}
	d, s, store := c.databases[0], c.schedules[0], c.stores[0]
	var allowed int
	if _, err := fmt.Sscan(d.Spec.PostgresConfiguration.Parameters["max_connections"], &allowed); err != nil {
		t.Fatal(err)
	}
	need := 10
	for _, p := range all {
		if slices.Contains(databaseSecrets(p.spec), d.Name+"-app") {
			need += p.most * connections
		}
	}
	if need <= 10 || need > allowed {
		t.Errorf("%d connections may be held, and the database has %d", need, allowed)
	}
	init := d.Spec.Bootstrap.InitDB
	if init == nil || init.LocaleCollate != "C" || init.Encoding != "UTF8" || !slices.Contains(init.PostInitApplicationSQL, "CREATE EXTENSION vector") {
		t.Errorf("the database is made without pgvector, or sorts by the system's library: %+v", init)
	}
	if init != nil && !slices.Contains(init.PostInitSQL, "GRANT pg_monitor TO "+init.Owner) {
		t.Error("the program may not know whether the standbys follow, and StandbyBehind never fires")
	}
	if !pinned(d.Spec.ImageName) {
		t.Errorf("%s runs %s, whatever that is on the day", d.Name, d.Spec.ImageName)
	}
	if !strings.Contains(d.Spec.ImageName, "standard") && len(d.Spec.PostgresConfiguration.Extensions) == 0 {
		t.Errorf("the image %s has no pgvector", d.Spec.ImageName)
	}
	// CloudNativePG logs as CSV, which has the details of an error whatever log_error_verbosity says.
	if p := d.Spec.PostgresConfiguration.Parameters; p["log_min_error_statement"] != "panic" || p["log_min_messages"] != "log" {
		t.Error("what people wrote may reach the database's log")
	}
	if len(d.Spec.Plugins) != 1 || d.Spec.Plugins[0].IsWALArchiver == nil || !*d.Spec.Plugins[0].IsWALArchiver || d.Spec.Plugins[0].Parameters["barmanObjectName"] != store.Name {
		t.Error("the database's log is kept nowhere")
	}
	if s.Spec.Cluster.Name != d.Name || s.Spec.PluginConfiguration == nil || s.Spec.PluginConfiguration.Name != d.Spec.Plugins[0].Name || len(strings.Fields(s.Spec.Schedule)) != 6 {
		t.Error("nothing saves the database by the clock")
	}
	if at := store.Spec.Configuration; at.Wal != nil && at.Wal.Encryption != "" || at.Data != nil && at.Data.Encryption != "" {
		t.Error("the backups ask the object store for an encryption that many refuse: the log would be kept nowhere, and fill its disk")
	}
	if store.Spec.RetentionPolicy != "30d" {
		t.Errorf("backups are kept for %s", store.Spec.RetentionPolicy)
	}
	if d.Spec.Instances == 1 && d.Spec.PostgresConfiguration.Synchronous != nil {
		t.Error("a lonely database waits for a second")
	}
	// CloudNativePG asks for one primary at any moment, whatever the number of instances.
	if keeps := d.Spec.EnablePDB == nil || *d.Spec.EnablePDB; keeps != (d.Spec.Instances > 1) {
		t.Errorf("of %d instances of the database one must stay: %t", d.Spec.Instances, keeps)
	}
	if aws := store.Spec.Configuration.BarmanCredentials.AWS; aws == nil || aws.AccessKeyIDReference.Name != "orientir-backups" || aws.SecretAccessKeyReference.Name != "orientir-backups" {
		t.Errorf("the backups' secrets are %+v", aws)
	}
}
