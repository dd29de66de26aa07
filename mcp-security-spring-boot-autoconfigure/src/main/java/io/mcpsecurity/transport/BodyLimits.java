package io.mcpsecurity.transport;

import java.time.Duration;

/**
 * What a body may take.
 *
 * @param maxSize the most bytes
 * @param readTimeout the most time from when it is begun to be read to when it is there;
 * a container's own time-out holds for each read, so that who sends a byte now and then
 * never comes to it
 */
public record BodyLimits(int maxSize, Duration readTimeout) {
}
