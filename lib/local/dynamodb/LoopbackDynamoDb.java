import java.lang.reflect.Field;
import java.util.Set;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * Starts DynamoDB Local bound to 127.0.0.1, closed to pages of a browser. On its own it listens on every interface, answers
 * to every name and every origin, and has no option for either.
 */
public final class LoopbackDynamoDb extends Handler.Wrapper {
  private LoopbackDynamoDb(Handler handler) {
    super(handler);
  }

  /**
   * No page may speak to it: a name that resolves to this machine is in the Host, a page of another port in the Origin, and a
   * request that has none, as for an image, says what site it is of.
   */
  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    int port = Request.getLocalPort(request);
    Set<String> own = Set.of("127.0.0.1:" + port, "localhost:" + port);
    String host = request.getHeaders().get(HttpHeader.HOST);
    String site = request.getHeaders().get("Sec-Fetch-Site");
    boolean isOfPage = request.getHeaders().contains(HttpHeader.ORIGIN) || (site != null && !site.equals("none"));
    if (host != null && own.contains(host) && !isOfPage) {
      return super.handle(request, response, callback);
    }
    response.setStatus(403);
    callback.succeeded();
    return true;
  }

  public static void main(String[] args) throws Exception {
    DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(args);
    Field field = DynamoDBProxyServer.class.getDeclaredField("server");
    field.setAccessible(true);
    Server server = (Server) field.get(proxy);
    for (Connector connector : server.getConnectors()) {
      ((ServerConnector) connector).setHost("127.0.0.1");
    }
    server.setHandler(new LoopbackDynamoDb(server.getHandler()));
    proxy.start();
    proxy.join();
  }
}
