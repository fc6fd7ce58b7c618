package manifests

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

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
