package manifests

import (
	"reflect"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
)

// TestOverlaysFollowEachOther: who began as a library applies a larger overlay over it one day, and a cluster refuses any change of these fields.
func TestOverlaysFollowEachOther(t *testing.T) {
	t.Parallel()
	all := overlays(t)
	first := fixedFields(all["library"])
	for name, c := range all {
		for object, fields := range fixedFields(c) {
			if before, ok := first[object]; ok && !reflect.DeepEqual(before, fields) {
				t.Errorf("%s can't be applied over the library's: %s differs in what is fixed:\n%+v\n%+v", name, object, before, fields)
			}
		}
	}
}

// fixedFields are what the API server lets nobody change of an object that stands.
func fixedFields(c *cluster) map[string]any {
	fixed := map[string]any{}
	for _, s := range c.sets {
		spec := s.Spec.DeepCopy()
		spec.Replicas, spec.Template, spec.UpdateStrategy, spec.MinReadySeconds = nil, core.PodTemplateSpec{}, apps.StatefulSetUpdateStrategy{}, 0
		spec.RevisionHistoryLimit, spec.PersistentVolumeClaimRetentionPolicy, spec.Ordinals = nil, nil, nil
		fixed["StatefulSet "+s.Name] = *spec
	}
	for _, d := range c.deployments {
		fixed["Deployment "+d.Name] = d.Spec.Selector
	}
	for _, s := range c.services {
		fixed["Service "+s.Name] = s.Spec.ClusterIP
	}
	return fixed
}
