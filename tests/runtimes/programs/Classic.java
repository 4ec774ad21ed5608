import java.net.HttpURLConnection;
import java.net.URL;

public class Classic {
    public static void main(String[] urls) throws Exception {
        for (var url : urls) {
            var connection = (HttpURLConnection) new URL(url).openConnection();
            connection.setRequestProperty("Accept", "application/json");
            System.out.println(connection.getResponseCode());
        }
    }
}
