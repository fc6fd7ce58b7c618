package handoff

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
)

// LeastSecret is the fewest bytes of a secret key.
const LeastSecret = 32

// sealVersion is the first byte of what is sealed: AES-256-GCM with a random nonce, under a key that HKDF-SHA256 makes of the secret.
const sealVersion = 1

// keyIDSize is how many bytes name the key that something was sealed with.
const keyIDSize = 4

// errSealed says that something was sealed with a key that we no longer have, or was changed.
var errSealed = errors.New("it was sealed with another key, or changed")

// Vault seals what must not be readable in the database or in its copies. It seals with its first secret and opens with all of them, so
// that a secret can be replaced: the new one first, the old one behind it until nothing sealed with it is left.
type Vault struct {
	first [keyIDSize]byte
	keys  map[[keyIDSize]byte]cipher.AEAD
	marks []byte // the key of fingerprints
}

// NewVault makes a vault of secrets, each of at least LeastSecret random bytes.
func NewVault(secrets ...[]byte) (*Vault, error) {
	if len(secrets) == 0 {
		return nil, errors.New("make a vault: no secret key")
	}
	v := &Vault{keys: map[[keyIDSize]byte]cipher.AEAD{}}
	for i, secret := range secrets {
		if len(secret) < LeastSecret {
			return nil, fmt.Errorf("make a vault: a secret key of %d bytes, fewer than %d", len(secret), LeastSecret)
		}
		name, err := hkdf.Key(sha256.New, secret, nil, "orientir key id", keyIDSize)
		if err != nil {
			return nil, fmt.Errorf("make a vault: %w", err)
		}
		key, err := hkdf.Key(sha256.New, secret, nil, "orientir ticket contact", 32)
		if err != nil {
			return nil, fmt.Errorf("make a vault: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("make a vault: %w", err)
		}
		sealer, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("make a vault: %w", err)
		}
		id := [keyIDSize]byte(name)
		v.keys[id] = sealer
		if i == 0 {
			v.first = id
			if v.marks, err = hkdf.Key(sha256.New, secret, nil, "orientir fingerprint", 32); err != nil {
				return nil, fmt.Errorf("make a vault: %w", err)
			}
		}
	}
	return v, nil
}

// Seal encrypts a text. about says what it belongs to: only with the same words it opens again, so it can't be moved elsewhere.
func (v *Vault) Seal(text, about string) []byte {
	sealed := append([]byte{sealVersion}, v.first[:]...)
	return v.keys[v.first].Seal(sealed, nil, []byte(text), []byte(about))
}

// Open decrypts what Seal made; errSealed where it can't.
func (v *Vault) Open(sealed []byte, about string) (string, error) {
	if len(sealed) < 1+keyIDSize || sealed[0] != sealVersion {
		return "", errSealed
	}
	key, ok := v.keys[[keyIDSize]byte(sealed[1:1+keyIDSize])]
	if !ok {
		return "", errSealed
	}
	text, err := key.Open(nil, nil, sealed[1+keyIDSize:], []byte(about))
	if err != nil {
		return "", errSealed
	}
	return string(text), nil
}

// Fingerprint gives 32 bytes by which the same words are known again, and from which nobody without the key can find them out, however few there
// are to try. It is made with the first secret: another first secret makes other fingerprints.
func (v *Vault) Fingerprint(words string) []byte {
	h := hmac.New(sha256.New, v.marks)
	h.Write([]byte(words))
	return h.Sum(nil)
}
