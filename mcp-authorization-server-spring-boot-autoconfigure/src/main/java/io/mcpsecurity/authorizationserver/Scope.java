package io.mcpsecurity.authorizationserver;

/**
 * A scope, as users see it.
 *
 * @param name the scope as used in requests and tokens
 * @param description what the scope permits
 * @param dangerous whether the consent page marks the scope, and does not select it
 * beforehand
 */
record Scope(String name, String description, boolean dangerous) {

}
