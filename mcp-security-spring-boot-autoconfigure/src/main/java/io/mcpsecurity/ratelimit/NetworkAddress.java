package io.mcpsecurity.ratelimit;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The part of an address that limits apply to: an IPv4 address, or the /64 network of an
 * IPv6 address, which is the smallest network that a subscriber gets. Names are never
 * resolved.
 */
public final class NetworkAddress {

	private static final Pattern IPV4_WITH_PORT = Pattern.compile("(\\d+\\.\\d+\\.\\d+\\.\\d+):\\d+");

	private NetworkAddress() {
	}

	/**
	 * Read an address.
	 * @param address as returned by the container; with forwarded headers it can be any
	 * text
	 */
	public static String of(@Nullable String address) {
		if (address == null) {
			return "";
		}
		if (address.indexOf(':') < 0) {
			return address;
		}
		String plain = IPV4_WITH_PORT.matcher(address).replaceFirst("$1");
		if (plain.indexOf(':') < 0) {
			return plain;
		}
		try {
			// In brackets, only an address is accepted, and names are not resolved.
			String inner = plain.startsWith("[") ? plain.substring(1, Math.max(1, plain.lastIndexOf(']'))) : plain;
			int zone = inner.indexOf('%');
			InetAddress parsed = InetAddress.getByName("[" + ((zone < 0) ? inner : inner.substring(0, zone)) + "]");
			return (parsed instanceof Inet6Address) ? HexFormat.of().formatHex(parsed.getAddress(), 0, 8) + "/64"
					: parsed.getHostAddress();
		}
		catch (UnknownHostException ex) {
			return plain;
		}
	}

}
