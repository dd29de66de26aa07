/**
 * What stands for a text that is not to be kept, or not to be shown.
 */
@NullMarked
package io.mcpsecurity.hash;

import org.jspecify.annotations.NullMarked;
