/**
 * API keys: the credentials of machines that cannot do OAuth. From a key to a caller, and
 * keys that are created, rotated and revoked while the server runs.
 */
@NullMarked
package io.mcpsecurity.apikey;

import org.jspecify.annotations.NullMarked;
