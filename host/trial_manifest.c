/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "trial.h"

static const char web[] =
	"apiVersion: apps/v1\n"
	"kind: Deployment\n"
	"metadata: {name: web, namespace: " TRIAL_NAMESPACE "}\n"
	"spec:\n"
	"  replicas: 2\n"
	"  selector: {matchLabels: {app: web}}\n"
	"  template:\n"
	"    metadata: {labels: {app: web}}\n"
	"    spec:\n"
	"      terminationGracePeriodSeconds: 1\n"
	"      containers:\n"
	"      - name: web\n"
	"        image: %s\n"
	"        imagePullPolicy: Never\n"
	"        command: [/usr/bin/busybox, sh, -c, 'busybox mkdir -p /www && busybox hostname "
	">/www/index.html && exec busybox httpd -f -p 8080 -h /www']\n"
	"        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}\n"
	"---\n"
	"apiVersion: v1\n"
	"kind: Service\n"
	"metadata: {name: web, namespace: " TRIAL_NAMESPACE "}\n"
	"spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}\n"
	"---\n"
	"apiVersion: v1\n"
	"kind: PersistentVolumeClaim\n"
	"metadata: {name: data, namespace: " TRIAL_NAMESPACE "}\n"
	"spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Mi}}}\n";

static const char pod[] = "---\n"
			  "apiVersion: v1\n"
			  "kind: Pod\n"
			  "metadata: {name: %s, namespace: " TRIAL_NAMESPACE "}\n"
			  "spec:\n"
			  "  terminationGracePeriodSeconds: 1\n"
			  "  containers:\n"
			  "  - name: %s\n"
			  "    image: %s\n"
			  "    imagePullPolicy: Never\n"
			  "    command: [/usr/bin/busybox, sh, -c, '%sexec busybox sleep 3600']\n"
			  "    volumeMounts: [{name: data, mountPath: /data}]\n"
			  "  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]\n";

int trial_manifest(const char *image, char **ret_text, struct kinc_error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return kinc_error_errno(err, ENOMEM, "the manifest of the test");
	fprintf(out, web, image);
	fprintf(out, pod, "writer", "writer", image, "busybox echo kept >/data/word && ");
	fprintf(out, pod, "reader", "reader", image, "");
	if (fclose(out) != 0 || !text) {
		free(text);
		return kinc_error_errno(err, ENOMEM, "the manifest of the test");
	}
	*ret_text = text;
	return 0;
}
