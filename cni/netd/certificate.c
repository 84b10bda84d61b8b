/* SPDX-License-Identifier: MIT */
#include "certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "io.h"

#define FILE_MAX (1 << 20)
#define USER_MAX 64 /* X.520's limit for a common name */
#define EARLIER_S (-300L)

#define cleanup_bio __attribute__((cleanup(bio_release)))
#define cleanup_key __attribute__((cleanup(key_release)))
#define cleanup_x509 __attribute__((cleanup(x509_release)))

static void bio_release(BIO **bio)
{
	BIO_free(*bio);
}

static void key_release(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void x509_release(X509 **certificate)
{
	X509_free(*certificate);
}

static int refuse(struct kinc_error *err, const char *what)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	return kinc_error_set(err, EIO, "%s: %s", what, reason ? reason : "OpenSSL refuses");
}

static int open_file(const char *path, BIO **ret_bio, char **ret_text, struct kinc_error *err)
{
	size_t size;
	int result = kinc_read_file(AT_FDCWD, path, FILE_MAX, ret_text, &size, err);

	if (result < 0)
		return result;
	*ret_bio = BIO_new_mem_buf(*ret_text, (int)size);
	return *ret_bio ? 0 : refuse(err, path);
}

static bool add_extension(X509 *certificate, X509 *authority, int kind, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, authority, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	bool added = extension && X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	return added;
}

static bool fill(X509 *certificate, X509 *authority, EVP_PKEY *key, const char *user)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	unsigned char serial[16];

	if (RAND_bytes(serial, sizeof(serial)) != 1)
		return false;
	serial[0] &= 0x7F;
	BIGNUM *number = BN_bin2bn(serial, sizeof(serial), NULL);
	bool done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return done && X509_set_version(certificate, X509_VERSION_3) &&
	       /* Clocks of containers differ a little. */
	       X509_gmtime_adj(X509_getm_notBefore(certificate), EARLIER_S) &&
	       X509_set1_notAfter(certificate, X509_get0_notAfter(authority)) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)user,
					  -1, -1, 0) &&
	       X509_set_issuer_name(certificate, X509_get_subject_name(authority)) &&
	       X509_set_pubkey(certificate, key) &&
	       add_extension(certificate, authority, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(certificate, authority, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(certificate, authority, NID_ext_key_usage, "clientAuth") &&
	       add_extension(certificate, authority, NID_authority_key_identifier, "keyid");
}

/* A memory BIO's content in base64; the caller's to free. */
static char *encode(BIO *bio)
{
	char *data;
	long size = BIO_get_mem_data(bio, &data);
	char *text = size > 0 ? malloc((size_t)size / 3 * 4 + 5) : NULL;

	if (text)
		EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)data, (int)size);
	return text;
}

static char *print(const char *server, const char *user, const char *authority,
		   const char *certificate, const char *key)
{
	char *text;

	if (asprintf(&text,
		     "apiVersion: v1\n"
		     "kind: Config\n"
		     "clusters:\n"
		     "- name: kinc\n"
		     "  cluster:\n"
		     "    server: %s\n"
		     "    certificate-authority-data: %s\n"
		     "users:\n"
		     "- name: %s\n"
		     "  user:\n"
		     "    client-certificate-data: %s\n"
		     "    client-key-data: %s\n"
		     "contexts:\n"
		     "- name: kinc\n"
		     "  context:\n"
		     "    cluster: kinc\n"
		     "    user: %s\n"
		     "current-context: kinc\n",
		     server, authority, user, certificate, key, user) < 0)
		return NULL;
	return text;
}

static int make(X509 *authority, EVP_PKEY *authority_key, const char *user, const char *server,
		char **ret_text, struct kinc_error *err)
{
	cleanup_key EVP_PKEY *key = EVP_EC_gen("P-256");
	cleanup_x509 X509 *certificate = X509_new();
	cleanup_bio BIO *authority_pem = BIO_new(BIO_s_mem());
	cleanup_bio BIO *certificate_pem = BIO_new(BIO_s_mem());
	cleanup_bio BIO *key_pem = BIO_new(BIO_s_secmem());

	if (!key || !certificate || !authority_pem || !certificate_pem || !key_pem ||
	    !fill(certificate, authority, key, user) ||
	    X509_sign(certificate, authority_key, EVP_sha256()) <= 0)
		return refuse(err, "cannot make a certificate");
	if (!PEM_write_bio_X509(authority_pem, authority) ||
	    !PEM_write_bio_X509(certificate_pem, certificate) ||
	    !PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL))
		return refuse(err, "cannot write a certificate");
	cleanup_free char *authority_text = encode(authority_pem);
	cleanup_free char *certificate_text = encode(certificate_pem);
	cleanup_free char *key_text = encode(key_pem);
	if (authority_text && certificate_text && key_text)
		*ret_text = print(server, user, authority_text, certificate_text, key_text);
	else
		*ret_text = NULL; /* NOLINT(clang-analyzer-unix.Malloc): they have their cleanup */
	return *ret_text ? 0 : kinc_error_errno(err, ENOMEM, "writing a kubeconfig");
}

int certificate_make_kubeconfig(const char *authority, const char *authority_key, const char *user,
				const char *server, char **ret_text, struct kinc_error *err)
{
	cleanup_free char *authority_text = NULL;
	cleanup_free char *key_text = NULL;
	cleanup_bio BIO *authority_bio = NULL;
	cleanup_bio BIO *key_bio = NULL;
	int result;

	/* Both go into YAML without quotes. */
	if (!*user || strlen(user) > USER_MAX ||
	    strspn(user, "abcdefghijklmnopqrstuvwxyz0123456789:-.") != strlen(user))
		return kinc_error_set(err, EINVAL, "\"%s\" cannot be a user's name", user);
	if (strncmp(server, "https://", 8) != 0 || strpbrk(server, " \t\r\n#\"'"))
		return kinc_error_set(err, EINVAL, "\"%s\" is no https:// address", server);
	if ((result = open_file(authority, &authority_bio, &authority_text, err)) < 0 ||
	    (result = open_file(authority_key, &key_bio, &key_text, err)) < 0)
		return result;
	cleanup_x509 X509 *signer = PEM_read_bio_X509(authority_bio, NULL, NULL, NULL);
	if (!signer)
		return refuse(err, authority);
	cleanup_key EVP_PKEY *signer_key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
	if (!signer_key)
		return refuse(err, authority_key);
	if (X509_check_private_key(signer, signer_key) != 1)
		return kinc_error_set(err, EINVAL, "%s is not the key of %s", authority_key,
				      authority);
	return make(signer, signer_key, user, server, ret_text, err);
}
